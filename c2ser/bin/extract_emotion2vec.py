"""Extract Emotion2Vec-S features of a data directory into ark/scp.

An interrupted command resumes when repeated.

Examples:
  c2ser extract_emotion2vec --model emotion2vec_s --data_dir dump/train --output_dir dump/train
  c2ser extract_emotion2vec --model emotion2vec_s --data_dir data/all --output_dir features --level frame --ngpu 1
"""

from c2ser.cli import (
    EMOTION2VEC_HELP,
    audio_arguments,
    batch_arguments,
    batch_samples,
    command,
    device,
    device_arguments,
)


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help=EMOTION2VEC_HELP)
    parser.add_argument("--data_dir", required=True, help="data directory with one audio file per utterance")
    parser.add_argument("--output_dir", required=True, help="where emotion2vec_s.scp goes")
    parser.add_argument("--ark", help="file of the features; by default beside the scp")
    parser.add_argument(
        "--level", choices=("utterance", "frame"), default="utterance", help="10 tokens per utterance, or all frames"
    )
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="type of the computation")
    audio_arguments(parser)
    batch_arguments(parser, seconds=60)
    device_arguments(parser)


def run(args) -> None:
    import torch

    from c2ser.emotion2vec import Emotion2Vec
    from c2ser.emotion2vec.extraction import extract_features

    model = Emotion2Vec.from_pretrained(args.model, dtype=getattr(torch, args.dtype)).to(device(args))
    extract_features(
        model,
        args.data_dir,
        output_dir=args.output_dir,
        level=args.level,
        batch_samples=batch_samples(args),
        ark=args.ark,
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
