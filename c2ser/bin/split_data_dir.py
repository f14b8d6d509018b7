"""Splits a data directory into split<n>/1 to split<n>/<n> for parallel jobs."""

from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.data.data_dir import split_data_dir


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dir", required=True, type=Path, help="the set")
    parser.add_argument("--nj", required=True, type=int, help="the number of parts")
    parser.add_argument("--output_dir", type=Path, help="the folder of split<n>; by default the set's own")
    args = parser.parse_args()
    split_data_dir(args.data_dir, args.nj, args.output_dir)


if __name__ == "__main__":
    run_command(main)
