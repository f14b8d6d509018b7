"""Extract Emotion2Vec-S features of audio files, or of a data directory into ark/scp.

Of files, folders, lists and standard input, as infer takes them, each file's features are in a file of its name with
the suffix .npy, and a table says which is where; files that cannot be used are listed at the end, and the exit code is
3 then. An interrupted command resumes when repeated.

Examples:
  c2ser extract --model emotion2vec_s recordings/ a.mp3 --output_dir features
  c2ser extract_emotion2vec --model emotion2vec_s --data_dir dump/train --output_dir dump/train
  c2ser extract_emotion2vec --model emotion2vec_s --data_dir data/all --output_dir features --level frame --ngpu 1
"""

from c2ser.cli import (
    EMOTION2VEC_HELP,
    UsageError,
    audio_arguments,
    batch_arguments,
    batch_samples,
    command,
    device,
    device_arguments,
    left_out,
)


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help=EMOTION2VEC_HELP)
    parser.add_argument("audio", nargs="*", metavar="AUDIO", help="files, folders, lists, or - for standard input")
    parser.add_argument("--data_dir", help="data directory with one audio file per utterance, instead of AUDIO")
    parser.add_argument("--output_dir", required=True, help="where emotion2vec_s.scp, or the NumPy files, go")
    parser.add_argument("--ark", help="file of the features; by default beside the scp")
    parser.add_argument(
        "--level", choices=("utterance", "frame"), default="utterance", help="10 tokens per utterance, or all frames"
    )
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="type of the computation")
    audio_arguments(parser)
    batch_arguments(parser, seconds=60)
    device_arguments(parser)


def run(args) -> None:
    if bool(args.audio) == bool(args.data_dir):
        raise UsageError("give --data_dir, or audio files, folders or lists")
    if args.audio and (args.ark or args.skip_bad):
        raise UsageError("--ark and --skip_bad are for a data directory; of files, those that are bad are left out")
    if args.audio:
        extract_audio(args)
    else:
        extract_data_dir(args)


def extract_audio(args) -> None:
    from c2ser.data.audio_files import collect_audio
    from c2ser.emotion2vec.files import FileExtraction, feature_files
    from c2ser.errors import InputError
    from c2ser.output import print_answers
    from c2ser.output.fields import tsv_line

    files = list(dict.fromkeys(collect_audio(args.audio)))
    targets = feature_files(files, args.output_dir)
    extract = FileExtraction(
        load_model(args),
        targets,
        output_dir=args.output_dir,
        level=args.level,
        batch_samples=batch_samples(args),
        max_seconds=args.max_seconds,
    )

    def answering(group):
        for file, outcome in zip(group, extract(group), strict=True):
            failed = isinstance(outcome, InputError)
            yield {"file": file, ("error" if failed else "features"): str(outcome)}

    def lines(answers):
        yield tsv_line(["file", "features"])
        yield from (tsv_line([answer["file"], answer["features"]]) for answer in answers)

    left_out(print_answers(files, answering, lines=lines), len(files))


def load_model(args):
    import torch

    from c2ser.emotion2vec import Emotion2Vec

    return Emotion2Vec.from_pretrained(args.model, dtype=getattr(torch, args.dtype)).to(device(args))


def extract_data_dir(args) -> None:
    from c2ser.emotion2vec.extraction import extract_features

    model = load_model(args)
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
