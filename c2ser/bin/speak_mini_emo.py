"""Speaks the embedded corpus mini_emo and writes its data directories."""

import logging
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.corpora.mini_emo import NUM_UTTS, speak_corpus


def parser():
    parser = argument_parser(__doc__)
    parser.add_argument("--source_dir", type=Path, default=Path("downloads"), help="receives mini_emo/wav")
    parser.add_argument(
        "--data_dir", type=Path, default=Path("data"), help="receives train, unlabelled, dev, test and emotions"
    )
    parser.add_argument("--num_utts", type=int, default=NUM_UTTS, help="utterances in all sets together")
    parser.add_argument("--seed", type=int, default=0, help="of words, attributes and noise")
    parser.add_argument("--nj", type=int, default=2, help="utterances spoken at a time")
    return parser


def main() -> None:
    args = parser().parse_args()
    sizes = speak_corpus(args.source_dir, args.data_dir, args.num_utts, args.seed, args.nj)
    logging.info("mini_emo: %s utterances", ", ".join(f"{name} {size}" for name, size in sizes.items()))


if __name__ == "__main__":
    run_command(main)
