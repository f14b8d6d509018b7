"""Divides a data directory by speaker: one is test, the next dev, the others train."""

from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.data.data_dir import subset_data_dir
from c2ser.data.splits import leave_one_speaker_out
from c2ser.data.tables import read_table


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dir", required=True, type=Path, help="the whole corpus")
    parser.add_argument("--fold", required=True, type=int, help="the test speaker's place among the speakers, from 1")
    parser.add_argument("--output_dir", required=True, type=Path, help="where train, dev and test go")
    args = parser.parse_args()
    for name, utterances in leave_one_speaker_out(read_table(args.data_dir / "utt2spk"), args.fold).items():
        subset_data_dir(args.data_dir, args.output_dir / name, utterances)


if __name__ == "__main__":
    run_command(main)
