"""Convert an emotion2vec of FunASR, fairseq or a training into one format.

That is a folder of config.yaml and model.safetensors.

Examples:
  c2ser convert_emotion2vec --model checkpoint.pt --output_dir emotion2vec_s
  c2ser convert_emotion2vec --model exp/emotion2vec_s --output_dir emotion2vec_s
"""

from pathlib import Path

from c2ser.cli import EMOTION2VEC_HELP, UsageError, command


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, type=Path, help=EMOTION2VEC_HELP)
    parser.add_argument(
        "--output_dir", required=True, type=Path, help="the folder to write, which other commands take as --model"
    )


def run(args) -> None:
    if args.output_dir.resolve() == args.model.resolve():
        raise UsageError(f"{args.output_dir}: --output_dir is --model; name another folder")

    from c2ser.emotion2vec import Emotion2Vec

    Emotion2Vec.from_pretrained(args.model).save_pretrained(args.output_dir)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
