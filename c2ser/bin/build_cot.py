"""Stage 6: attribute levels, rationales (explicit targets) and plain answers (implicit targets) of a labelled set."""

import logging

from c2ser.bin._command import argument_parser, run_command
from c2ser.rationales.targets import GROUP_TABLES, THRESHOLDS_NAME, build_cot


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dir", required=True, help="data directory with stage 2's attributes")
    parser.add_argument("--output_dir", required=True, help="where to write; may be --data_dir")
    parser.add_argument(
        "--thresholds", help=f"the training set's {THRESHOLDS_NAME}; leave it out for the training set, which makes it"
    )
    parser.add_argument(
        "--levels_by",
        choices=GROUP_TABLES,
        help="for the training set: fit thresholds to each group by itself; without it, to the whole set",
    )
    args = parser.parse_args()
    num_utts = build_cot(**vars(args))
    logging.info("%s: explicit and implicit targets of %d utterances", args.output_dir, num_utts)


if __name__ == "__main__":
    run_command(main)
