"""Make folds of a corpus by speaker, alike in emotions and sexes.

Speakers and emotions are those of EmoBox's metadata, or of a data directory; a name without data will do for a corpus
whose speakers are known and all say the same. The same input gives the same file. The protocol speaker_folds of
prepare_corpus takes the folds that c2ser brings along.

Examples:
  c2ser speaker_folds --metadata_dir EmoBox/data/urdu --output urdu.yaml
  c2ser speaker_folds --data_dir data/all --corpus turevdb --output turevdb.yaml
  c2ser speaker_folds --corpus tess --output tess.yaml
"""

from pathlib import Path

from c2ser.cli import UsageError, command, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--metadata_dir", type=Path, help="EmoBox's folder data/<name> of the corpus")
    parser.add_argument("--data_dir", type=Path, help="instead: a data directory of the whole corpus, with --corpus")
    parser.add_argument("--corpus", help="name of the corpus, with --data_dir or alone")
    parser.add_argument(
        "--folds",
        type=positive_int,
        help="by default up to 5, as few as give each fold every emotion, and nearly its share",
    )
    parser.add_argument("--output", required=True, type=Path, help="the YAML file")


def run(args) -> None:
    if bool(args.metadata_dir) == bool(args.corpus) or (args.data_dir and not args.corpus):
        raise UsageError("give --metadata_dir, or --corpus and, unless its speakers all say the same, --data_dir")
    if args.folds == 1:
        raise UsageError("--folds 1: give 2 or more")

    from c2ser.corpora import get_corpus
    from c2ser.corpora.common.speaker_folds import folds_of_corpus, folds_of_data, folds_of_metadata
    from c2ser.data.files import atomic_write

    if args.metadata_dir:
        source = f"--metadata_dir EmoBox/data/{args.metadata_dir.resolve().name}"
        folds = folds_of_metadata(args.metadata_dir.resolve(), num_folds=args.folds)
    elif args.data_dir is None:
        source = f"--corpus {args.corpus}"
        folds = folds_of_corpus(get_corpus(args.corpus), num_folds=args.folds)
    else:
        source = f"--data_dir data/all --corpus {args.corpus}"
        folds = folds_of_data(args.data_dir, args.corpus, num_folds=args.folds)
    number = f" --folds {args.folds}" if args.folds else ""
    with atomic_write(args.output) as file:
        file.write(folds.text(f"c2ser speaker_folds {source}{number}"))
    print(
        f"{folds.corpus}: {len(folds.folds)} folds of {folds.speakers} speakers, {folds.utterances} utterances; shares"
        f" of emotions differ by {folds.class_deviation} points at most; {folds.gaps} times a fold lacks an emotion"
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
