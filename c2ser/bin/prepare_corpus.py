"""Write the data directories of a corpus, and its label set.

With --output_dir one set: the whole corpus, or with --set one of its own. With --data_dir train, dev and test, divided
by --protocol: official (the corpus's own sets), loso (speaker K is test, the next one dev, the others train), session
(the same by recording session), emobox (fold K of EmoBox), balanced (EmoBox's balanced set as test, and nothing else),
speaker_folds (fold K of ours is test, the next one dev; no speaker is in two), speakers (each is in one set alone) or
utterances (of each emotion; speakers are in several sets).

The corpus `folder` is audio in SOURCE_DIR/<speaker>/<emotion>/<name>.wav, SOURCE_DIR/<emotion>/<name>.wav or
SOURCE_DIR/<train|dev|test>/<speaker>/<emotion>/<name>.wav (or another format that libsndfile reads), each with its
transcript in <name>.txt beside it, where there is one; or a TSV or CSV file, in SOURCE_DIR or as SOURCE_DIR, with the
columns path and emotion, and where known speaker, text, language, split (train, dev, test) and sex. Paths in it are
relative to its folder. Emotions are English words, such as happy, happiness or joy; other words are explained in a file
for --label_map, with lines such as 'Wut: angry'.

The corpus `audformat` is an audformat database in SOURCE_DIR, `audb` one that the package audb loads by its name.

Examples:
  c2ser prepare_corpus --corpus emodb --source_dir downloads/emodb --output_dir data/all
  c2ser prepare_corpus --corpus meld --set train --source_dir downloads/meld --output_dir data/train
  c2ser prepare_corpus --corpus emodb --protocol loso --fold 3 --data_dir data
  c2ser prepare_corpus --corpus folder --source_dir my_corpus --language en --data_dir data
  c2ser prepare_corpus --corpus folder --source_dir my_corpus/list.csv --data_dir data
  c2ser prepare_corpus --corpus audb --database emodb --version 1.4.1 --data_dir data
"""

from pathlib import Path

from c2ser.cli import UsageError, command, label_map_arguments, language_code, positive_int, probability

DOWNLOADS = Path("downloads")


def add_arguments(parser) -> None:
    from c2ser.corpora import corpus_names

    parser.add_argument("--corpus", required=True, help=f"one of {', '.join(corpus_names())}")
    parser.add_argument(
        "--source_dir",
        type=Path,
        default=DOWNLOADS,
        help="the corpus's folder; downloads is filled from the corpus's site, where there is a public download",
    )
    parser.add_argument("--output_dir", type=Path, help="one data directory to write, such as data/all")
    parser.add_argument("--data_dir", type=Path, help="receives train, dev, test and emotions")
    parser.add_argument("--set", help="with --output_dir: a set of a corpus that is divided, such as train of meld")
    parser.add_argument(
        "--language",
        type=language_code,
        help="ISO 639-1, such as en, of utterances whose language the corpus does not tell",
    )
    parser.add_argument(
        "--skip_bad",
        action="store_true",
        help="leave out audio that is missing or a stub, and files of other names, instead of stopping",
    )
    label_map_arguments(parser)
    database = parser.add_argument_group("audformat databases")
    database.add_argument("--database", help="with the corpus audb: the name of the database, such as emodb")
    database.add_argument("--version", help="of the database; by default the latest")
    database.add_argument(
        "--column", help="TABLE.COLUMN of the emotions, where there are several; of a split, that of one of its tables"
    )
    division = parser.add_argument_group("division into train, dev and test, with --data_dir")
    division.add_argument("--protocol", help="one that the corpus has; by default its first")
    division.add_argument("--fold", type=positive_int, default=1, help="K, from 1")
    division.add_argument("--emobox_dir", help="a copy of EmoBox, with data/<corpus>, for emobox")
    division.add_argument(
        "--dev_fraction",
        type=probability,
        default=0.1,
        help="fraction of train's utterances of each emotion that become the dev set of an EmoBox fold that has none",
    )


def run(args) -> None:
    from c2ser.corpora import Source, find_corpus, get_corpus
    from c2ser.corpora.common.preparation import Division, download, prepare_set, prepare_sets
    from c2ser.data.label_maps import find_label_map

    if bool(args.output_dir) == bool(args.data_dir):
        raise UsageError("give --output_dir for one set, or --data_dir for train, dev and test")
    if args.data_dir and args.emobox_dir and find_corpus(args.corpus) is None:
        import_by_metadata(args)
        return
    corpus, label_map = get_corpus(args.corpus), find_label_map(args.label_map)
    if corpus.open is not None:
        source = Source(args.source_dir, args.database, args.version, args.column, label_map.words)
        corpus = corpus.open(source)
    if args.set and (args.data_dir or args.set not in corpus.sets):
        raise UsageError(
            f"--set {args.set}: {corpus.name} has {', '.join(corpus.sets) or 'no sets'}; with --output_dir"
        )
    protocol = args.protocol or next(iter(corpus.protocols))
    if protocol not in corpus.protocols:
        raise UsageError(f"--protocol {protocol}: {corpus.name} has {', '.join(corpus.protocols)}")
    reading = {"language": args.language, "label_map": label_map}
    if args.source_dir == DOWNLOADS and corpus.archive:
        download(corpus, args.source_dir)
    if args.output_dir:
        sets = [args.set] if args.set else []
        prepare_set(corpus, args.source_dir, output_dir=args.output_dir, sets=sets, skip_bad=args.skip_bad, **reading)
        return
    division = Division(
        protocol,
        fold=args.fold,
        emobox_dir=Path(args.emobox_dir) if args.emobox_dir else None,
        dev_fraction=args.dev_fraction,
        skip_bad=args.skip_bad,
    )
    prepare_sets(corpus, args.source_dir, data_dir=args.data_dir, division=division, **reading)


def import_by_metadata(args) -> None:
    """Imports a fold of a corpus that is not a module of c2ser and that EmoBox has metadata of."""
    from c2ser.corpora import get_corpus
    from c2ser.corpora.emobox.importing import import_fold
    from c2ser.data.label_maps import find_label_map

    metadata_dir = Path(args.emobox_dir) / "data" / args.corpus
    if not metadata_dir.is_dir():
        get_corpus(args.corpus)  # says which names there are
    import_fold(
        metadata_dir,
        args.source_dir,
        output_dir=args.data_dir,
        fold=args.fold,
        dev_fraction=args.dev_fraction,
        skip_bad=args.skip_bad,
        label_map=find_label_map(args.label_map),
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
