"""Synthesise the embedded corpus mini_emo and write its data directories.

Examples:
  c2ser speak_mini_emo
  c2ser speak_mini_emo --source_dir downloads --data_dir data --num_utts 700 --seed 1
"""

import logging
from pathlib import Path

from c2ser.cli import command, non_negative_int, positive_int

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("--source_dir", type=Path, default=Path("downloads"), help="receives mini_emo/wav")
    parser.add_argument(
        "--data_dir", type=Path, default=Path("data"), help="receives train, unlabelled, dev, test and emotions"
    )
    parser.add_argument("--num_utts", type=positive_int, default=1680, help="utterances of all sets together")
    parser.add_argument("--seed", type=non_negative_int, default=0, help="seed of words, attributes and noise")
    parser.add_argument("--nj", type=positive_int, default=2, help="parallel processes")


def run(args) -> None:
    from c2ser.corpora.mini_emo import speak_corpus

    sizes = speak_corpus(args.source_dir, args.data_dir, num_utts=args.num_utts, seed=args.seed, nj=args.nj)
    logger.info("mini_emo: %s utterances", ", ".join(f"{name} {size}" for name, size in sizes.items()))


main = command(__doc__, add_arguments, run)

if __name__ == "__main__":
    main()
