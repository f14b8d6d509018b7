"""Train a probe on each of several corpora and test it on each: one table and one picture.

Features of a frozen encoder are extracted once per utterance. Labels are those that all corpora have.

Examples:
  c2ser cross_corpus --encoder openai/whisper-base --data_dirs data/emodb data/urdu data/ased --output_dir exp/matrix
"""

from pathlib import Path

from c2ser.cli import (
    UsageError,
    audio_arguments,
    batch_arguments,
    command,
    device_arguments,
    non_negative_int,
    vector_extractor,
)


def add_arguments(parser) -> None:
    parser.add_argument(
        "--encoder",
        required=True,
        help="hub id or folder of a speech encoder of transformers, or what extract_emotion2vec takes",
    )
    parser.add_argument(
        "--data_dirs",
        required=True,
        nargs="+",
        type=Path,
        help="a folder per corpus, with train, dev and test as far as there are, as prepare_corpus writes them; "
        "without train a corpus is only tested",
    )
    parser.add_argument("--output_dir", required=True, type=Path, help="where features and results go")
    parser.add_argument(
        "--head", choices=("linear", "mlp"), default="linear", help="logistic regression, or EmoBox's classifier"
    )
    parser.add_argument(
        "--layer",
        type=non_negative_int,
        help="hidden state of an encoder of transformers, from 0; by default the output",
    )
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="type of the encoder")
    audio_arguments(parser)
    batch_arguments(parser, seconds=60)
    device_arguments(parser)


def run(args) -> None:
    from c2ser.probe.cross_corpus import cross_corpus, load_corpus

    if len(args.data_dirs) < 2:
        raise UsageError("--data_dirs: give the folders of two corpora or more")
    extract_into = vector_extractor(args, args.layer)

    def extract(data_dir: Path) -> Path:
        return extract_into(data_dir, args.output_dir / "features" / data_dir.parent.name / data_dir.name)

    corpora = [load_corpus(folder, extract) for folder in args.data_dirs]
    model = args.encoder if args.layer is None else f"{args.encoder} layer {args.layer}"
    text = cross_corpus(corpora, head=args.head, output_dir=args.output_dir, model=model, command=args.command_line)
    print(text, end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
