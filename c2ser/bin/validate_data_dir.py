"""Reports all faults of data directories at once."""

import sys
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.data.data_dir import validate_data_dir
from c2ser.emotions import read_emotions
from c2ser.errors import InputError


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("directory", nargs="+", type=Path, help="a set, such as data/train")
    parser.add_argument("--emotions", type=Path, help="the label set; by default the file emotions beside the set")
    parser.add_argument(
        "--allow_pipe", action="store_true", help="accept entries of wav.scp that are a command and '|'"
    )
    args = parser.parse_args()
    emotions = read_emotions(args.emotions) if args.emotions else None
    faults = [
        fault
        for directory in args.directory
        for fault in validate_data_dir(directory, emotions, allow_pipe=args.allow_pipe)
    ]
    for fault in faults:
        print(fault, file=sys.stderr)
    names = " ".join(map(str, args.directory))
    if faults:
        raise InputError(f"{names}: {len(faults)} faults; each is a line above")
    print(f"{names}: no fault")


if __name__ == "__main__":
    run_command(main)
