"""Write attribute levels, explicit targets (rationales) and implicit targets of a set.

Examples:
  c2ser build_cot --data_dir dump/train --output_dir dump/train --levels_by speaker
  c2ser build_cot --data_dir dump/test --output_dir dump/test --thresholds dump/train/attribute_thresholds.yaml
"""

import logging

from c2ser.cli import command

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, help="data directory with the table attributes")
    parser.add_argument("--output_dir", required=True, help="where to write; may be --data_dir")
    parser.add_argument(
        "--thresholds",
        help="the training set's attribute_thresholds.yaml; omit it for the training set, which writes it",
    )
    parser.add_argument(
        "--levels_by",
        choices=("sex", "speaker", "corpus"),
        help="for the training set: fit the thresholds to each group; by default to the whole set",
    )


def run(args) -> None:
    from c2ser.rationales.targets import build_cot

    count = build_cot(args.data_dir, args.output_dir, thresholds=args.thresholds, levels_by=args.levels_by)
    logger.info("%s: explicit and implicit targets of %d utterances", args.output_dir, count)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
