"""Merges tables that parallel jobs wrote into split<n>/1 to split<n>/<n> into the data directory itself."""

from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.data.data_dir import merge_data_dir


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dir", required=True, type=Path, help="the set, which holds split<n>")
    parser.add_argument("--nj", required=True, type=int, help="the number of parts")
    parser.add_argument("--names", nargs="*", default=[], help="the tables; by default all, for a whole data directory")
    args = parser.parse_args()
    merge_data_dir(args.data_dir, args.nj, args.names)


if __name__ == "__main__":
    run_command(main)
