"""Combines data directories into one."""

from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.data.data_dir import combine_data_dirs


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dirs", required=True, nargs="+", type=Path, help="the sets")
    parser.add_argument("--output_dir", required=True, type=Path, help="the set that they become")
    parser.add_argument("--labelled_only", action="store_true", help="leave out utterances that have no emotion")
    args = parser.parse_args()
    combine_data_dirs(args.data_dirs, args.output_dir, args.labelled_only)


if __name__ == "__main__":
    run_command(main)
