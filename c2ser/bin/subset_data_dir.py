"""Draw a fraction of the labelled utterances of each emotion, always the same ones.

Examples:
  c2ser subset_data_dir --data_dir data/train --fraction 0.5 --output_dir data/train_half
"""

from pathlib import Path

from c2ser.cli import UsageError, command, probability


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, type=Path, help="the utterances to draw from")
    parser.add_argument("--fraction", required=True, type=probability, help="of each emotion, above 0 and at most 1")
    parser.add_argument("--output_dir", required=True, type=Path, help="the set to write")


def run(args) -> None:
    if args.fraction == 0:
        raise UsageError("--fraction 0 draws no utterance; give a number above 0, at most 1")

    from c2ser.data.data_dir import DataDir

    DataDir(args.data_dir).draw(args.output_dir, args.fraction)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
