"""Writes a page to look at before training: emotions, durations, attributes, rationales, and what looks wrong."""

import logging
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("data_dirs", nargs="+", type=Path, help="sets of any stage, the training set first")
    parser.add_argument("--output", type=Path, help="the page; without it, data.html beside the first set")
    parser.add_argument(
        "--emotions", type=Path, help="the label set; without it, the file emotions beside the first set"
    )
    parser.add_argument("--samples", type=int, default=3, help="utterances to show of each emotion and set")
    args = parser.parse_args()
    from c2ser.inspection.page import write_page

    output, summary = write_page(args.data_dirs, args.output, args.emotions, args.samples)
    print(summary, end="")
    logging.info("wrote %s", output)


if __name__ == "__main__":
    run_command(main)
