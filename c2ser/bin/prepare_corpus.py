"""Writes the data directory of a corpus that c2ser knows, and the label set beside it."""

import logging
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.corpora import corpora, corpus
from c2ser.data.data_dir import write_data_dir, write_emotions


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--corpus", required=True, help=f"one of {', '.join(corpora())}")
    parser.add_argument("--source_dir", required=True, type=Path, help="where the corpus lies")
    parser.add_argument("--output_dir", required=True, type=Path, help="the set, such as data/all")
    parser.add_argument(
        "--set", help="of a corpus that comes divided, such as meld: train, dev or test; without it all"
    )
    args = parser.parse_args()
    module = corpus(args.corpus)
    sets = getattr(module, "SETS", ())
    if args.set and args.set not in sets:
        parser.error(f"--set {args.set}: {args.corpus} has {', '.join(sets) or 'no sets, divide it yourself'}")
    emotions = set(module.EMOTIONS.values())
    utterances = module.utterances(args.source_dir, *filter(None, [args.set]))
    count = write_data_dir(args.output_dir, utterances, emotions, args.corpus)
    write_emotions(args.output_dir.parent / "emotions", emotions)
    logging.info(f"{args.output_dir}: {count} utterances of {args.corpus}")


if __name__ == "__main__":
    run_command(main)
