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
    args = parser.parse_args()
    module = corpus(args.corpus)
    emotions = set(module.EMOTIONS.values())
    count = write_data_dir(args.output_dir, module.utterances(args.source_dir), emotions, args.corpus)
    write_emotions(args.output_dir.parent / "emotions", emotions)
    logging.info(f"{args.output_dir}: {count} utterances of {args.corpus}")


if __name__ == "__main__":
    run_command(main)
