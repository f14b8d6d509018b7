"""Split a data directory into split<n>/1 to split<n>/<n> for parallel jobs.

Examples:
  c2ser split_data_dir --data_dir data/train --nj 4
"""

from pathlib import Path

from c2ser.cli import command, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, type=Path, help="the set")
    parser.add_argument("--nj", required=True, type=positive_int, help="the number of parts")
    parser.add_argument("--output_dir", type=Path, help="the folder of split<n>; by default the set itself")


def run(args) -> None:
    from c2ser.data.data_dir import DataDir

    DataDir(args.data_dir).split(args.nj, args.output_dir)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
