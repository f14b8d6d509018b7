"""Merge the reports of parallel jobs of rewrite_cot into the report of the set.

Examples:
  c2ser merge_rewriting --data_dir dump/train --nj 4
"""

import logging

from c2ser.cli import command, positive_int

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, help="the set, which holds split<n>")
    parser.add_argument("--nj", required=True, type=positive_int, help="number of jobs that were asked for")


def run(args) -> None:
    from c2ser.data.parallel import ParallelJobs
    from c2ser.rationales.rewriting import merge_rewriting
    from c2ser.rationales.rewriting_report import outcomes_text

    report = merge_rewriting(args.data_dir, ParallelJobs(args.data_dir, args.data_dir, num_jobs=args.nj).num_jobs)
    logger.info("%s: %s", args.data_dir, outcomes_text(report))


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
