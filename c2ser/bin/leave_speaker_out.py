"""Divide a data directory by speaker: one is test, the next dev, the others train.

Examples:
  c2ser leave_speaker_out --data_dir data/all --fold 1 --output_dir data
"""

from pathlib import Path

from c2ser.cli import command, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, type=Path, help="the whole corpus")
    parser.add_argument(
        "--fold", required=True, type=positive_int, help="the test speaker's place among the speakers, from 1"
    )
    parser.add_argument("--output_dir", required=True, type=Path, help="where train, dev and test go")


def run(args) -> None:
    from c2ser.data.data_dir import DataDir
    from c2ser.data.names import UTT2SPK
    from c2ser.data.speakers import speakers_to_divide_by
    from c2ser.data.splits import leave_one_speaker_out

    whole = DataDir(args.data_dir)
    for name, utterances in leave_one_speaker_out(speakers_to_divide_by(whole.table(UTT2SPK)), args.fold).items():
        whole.subset(args.output_dir / name, utterances)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
