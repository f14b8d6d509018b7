"""Report all faults of data directories at once.

Examples:
  c2ser validate_data_dir data/train data/dev data/test
  c2ser validate_data_dir data/train --emotions data/emotions
"""

import sys
from pathlib import Path

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("directory", nargs="+", type=Path, help="a set, such as data/train")
    parser.add_argument("--emotions", type=Path, help="the label set; by default the file emotions beside the set")
    parser.add_argument("--allow_pipe", action="store_true", help="accept entries of wav.scp that are shell pipes")


def run(args) -> None:
    from c2ser.data.data_dir import DataDir
    from c2ser.data.names import UTT2SPK
    from c2ser.data.speakers import describe_unknown_speakers
    from c2ser.emotions import read_emotions
    from c2ser.errors import InputError

    emotions = read_emotions(args.emotions) if args.emotions else None
    faults = [
        fault
        for directory in args.directory
        for fault in DataDir(directory).validate(emotions, allow_pipe=args.allow_pipe)
    ]
    for fault in faults:
        print(fault, file=sys.stderr)
    names = " ".join(map(str, args.directory))
    if faults:
        raise InputError(f"{names}: {len(faults)} faults; each is a line above")
    print(f"{names}: no fault")
    for directory in args.directory:
        unknown = describe_unknown_speakers(DataDir(directory).iterate(UTT2SPK))
        if unknown:
            print(f"{directory}: {unknown}; whether sets share speakers cannot be checked")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
