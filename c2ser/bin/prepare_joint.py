"""Write the data directories of a training on several corpora, which a YAML file lists.

Each corpus is prepared by prepare_corpus; then train, dev, test_<corpus> and, where there are some, unlabelled are put
together, with the label set of all and that of each (corpus_emotions).

Examples:
  c2ser prepare_joint --corpora conf/small/corpora.yaml --source_dir /data --data_dir data/joint
  c2ser prepare_joint --corpora conf/small/corpora.yaml --source_dir /data --data_dir data/x --leave_out urdu
  c2ser prepare_joint --corpora conf/small/corpora.yaml --show_options
"""

from pathlib import Path

from c2ser.cli import UsageError, command


def add_arguments(parser) -> None:
    parser.add_argument("--corpora", required=True, type=Path, help="the YAML file")
    parser.add_argument(
        "--source_dir", default="downloads", help="where relative source folders of the YAML file begin"
    )
    parser.add_argument("--emobox_dir", help="a copy of EmoBox, for corpora that are divided by its folds")
    parser.add_argument("--data_dir", type=Path, help="receives the sets, and those of each corpus in corpora/")
    parser.add_argument("--leave_out", metavar="CORPUS", help="do not train on this corpus; it is tested all the same")
    parser.add_argument("--only", metavar="CORPUS", help="train on this corpus alone; all are tested all the same")
    parser.add_argument(
        "--show_options",
        action="store_true",
        help="only print the options of ser.sh that the file asks for, a word a line",
    )


def run(args) -> None:
    from c2ser.corpora.common.joint import combine_joint, read_joint

    if args.leave_out and args.only:
        raise UsageError("--leave_out and --only: give one of them")
    joint = read_joint(args.corpora)
    trained = joint.trained(leave_out=args.leave_out, only=args.only)
    if args.show_options:
        print(*(word for name, value in joint.options(trained).items() for word in (f"--{name}", value)), sep="\n")
        return
    if args.data_dir is None:
        raise UsageError("give --data_dir, or --show_options")
    prepared = {name: args.data_dir / "corpora" / name for name in joint.corpora}
    for name, part in joint.corpora.items():
        prepare(name, part, args=args, data_dir=prepared[name])
    combine_joint(joint, prepared, data_dir=args.data_dir, trained=trained)


def prepare(name: str, part, *, args, data_dir: Path) -> None:
    """Prepares one corpus as the command prepare_corpus does.

    Args:
        name: of the corpus in the YAML file.
        part: the `c2ser.corpora.common.joint.Part`.
        args: of this command.
        data_dir: receives its sets.
    """
    from c2ser.bin import prepare_corpus

    options = {
        "corpus": part.corpus or name,
        "source_dir": Path(args.source_dir) / (part.source_dir or name),
        "data_dir": data_dir,
        **({"emobox_dir": args.emobox_dir} if args.emobox_dir else {}),
        **part.options,
    }
    words = []
    for option, value in options.items():
        if value is not False:
            words += [f"--{option}"] if value is True else [f"--{option}", str(value)]
    prepare_corpus.main(words)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
