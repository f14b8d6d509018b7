"""Write a page to look at before training: what the data holds, and what looks wrong.

The page shows emotions, durations, attributes and rationales of each set, and warns of what will harm a training.

Examples:
  c2ser show_data data/train data/test
  c2ser show_data dump/train dump/dev dump/test --output dump/data.html --samples 5
"""

import logging
from pathlib import Path

from c2ser.cli import command, non_negative_int

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("data_dirs", nargs="+", type=Path, help="sets of any stage, the training set first")
    parser.add_argument("--output", type=Path, help="the page; by default data.html beside the first set")
    parser.add_argument("--emotions", type=Path, help="the label set; by default emotions beside the first set")
    parser.add_argument("--samples", type=non_negative_int, default=3, help="utterances to show per emotion and set")


def run(args) -> None:
    from c2ser.inspection.page import write_page

    output, summary = write_page(args.data_dirs, args.output, emotions=args.emotions, samples=args.samples)
    print(summary, end="")
    logger.info("wrote %s", output)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
