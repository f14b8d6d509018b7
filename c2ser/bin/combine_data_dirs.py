"""Combine data directories into one.

Examples:
  c2ser combine_data_dirs --data_dirs data/emodb data/meld --output_dir data/train
  c2ser combine_data_dirs --data_dirs dump/train dump/train_pseudo --output_dir dump/all --labelled_only
"""

from pathlib import Path

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("--data_dirs", required=True, nargs="+", type=Path, help="the sets")
    parser.add_argument("--output_dir", required=True, type=Path, help="the set to write")
    parser.add_argument("--labelled_only", action="store_true", help="leave out utterances that have no emotion")


def run(args) -> None:
    from c2ser.data.data_dir import DataDir
    from c2ser.data.names import UTT2EMO
    from c2ser.data.staging import staged_directory
    from c2ser.errors import InputError

    if not args.labelled_only:
        DataDir.combine(args.data_dirs, args.output_dir)
        return
    labels = (emotion for path in args.data_dirs for _, emotion in DataDir(path).iterate(optional=[UTT2EMO]))
    if all(emotion is None for emotion in labels):
        raise InputError(f"{' '.join(map(str, args.data_dirs))}: no labelled utterance in any of the sets")
    with staged_directory(args.output_dir) as folder:
        DataDir.combine(args.data_dirs, folder, report_gaps=False).labelled(folder)  # gaps are mostly of the others


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
