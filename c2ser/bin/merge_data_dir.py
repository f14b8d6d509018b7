"""Merge the tables of parallel jobs, in split<n>/1 to split<n>/<n>, into the data directory.

Examples:
  c2ser merge_data_dir --data_dir dump/train --nj 4
  c2ser merge_data_dir --data_dir dump/train --nj 4 --names text_asr utt2lang_asr
"""

from pathlib import Path

from c2ser.cli import command, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, type=Path, help="the set, which holds split<n>")
    parser.add_argument("--nj", required=True, type=positive_int, help="the number of parts")
    parser.add_argument("--names", nargs="+", help="the tables; by default all, for a complete data directory")


def run(args) -> None:
    from c2ser.data.data_dir import DataDir

    DataDir(args.data_dir).merge(args.nj, args.names)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
