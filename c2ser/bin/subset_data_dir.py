"""Draws a fraction of the labelled utterances of each emotion of a data directory, always the same ones."""

from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.data.data_dir import subset_data_dir
from c2ser.data.splits import stratified_hold_out
from c2ser.data.tables import read_table


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dir", required=True, type=Path, help="the utterances to draw from")
    parser.add_argument("--fraction", required=True, type=float, help="of each emotion, from 0 to 1")
    parser.add_argument("--output_dir", required=True, type=Path, help="data directory of those drawn")
    args = parser.parse_args()
    if not 0 < args.fraction <= 1:
        parser.error(f"--fraction is above 0 and at most 1, not {args.fraction}")
    drawn = stratified_hold_out(read_table(args.data_dir / "utt2emo"), args.fraction)
    subset_data_dir(args.data_dir, args.output_dir, drawn)


if __name__ == "__main__":
    run_command(main)
