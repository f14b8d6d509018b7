"""Writes the data directories of a corpus from EmoBox's metadata: data/all, or with --fold data/{train,dev,test}."""

import logging
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.corpora.emobox import hold_out_dev, label_set, read_sets
from c2ser.data.data_dir import write_data_dir, write_emotions


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--metadata_dir", required=True, type=Path, help="EmoBox's folder data/<name> of the corpus")
    parser.add_argument("--audio_dir", required=True, type=Path, help="the corpus's own folder")
    parser.add_argument("--output_dir", required=True, type=Path, help="where the sets go")
    parser.add_argument("--fold", type=int, help="one of EmoBox's folds, from 1")
    parser.add_argument(
        "--dev_fraction",
        type=float,
        default=0.0,
        help="of a fold without dev set, the share of train's utterances of each emotion that become one",
    )
    args = parser.parse_args()
    sets = hold_out_dev(read_sets(args.metadata_dir, args.audio_dir, args.fold), args.dev_fraction)
    emotions = label_set(args.metadata_dir, sets)
    for name, utterances in sets.items():
        count = write_data_dir(args.output_dir / name, utterances, emotions, args.metadata_dir.name)
        logging.info(f"{args.output_dir / name}: {count} utterances of {args.metadata_dir.name}")
    write_emotions(args.output_dir / "emotions", emotions)


if __name__ == "__main__":
    run_command(main)
