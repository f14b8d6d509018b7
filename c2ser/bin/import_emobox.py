"""Write the data directories of a corpus from EmoBox's metadata.

Without --fold one set, all; with it train, dev and test.

Examples:
  c2ser import_emobox --metadata_dir EmoBox/data/emodb --audio_dir downloads/emodb --output_dir data
  c2ser import_emobox --metadata_dir EmoBox/data/emodb --audio_dir emodb --output_dir data --fold 1 --dev_fraction 0.1
"""

import logging
from pathlib import Path

from c2ser.cli import command, positive_int, probability

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("--metadata_dir", required=True, type=Path, help="EmoBox's folder data/<name> of the corpus")
    parser.add_argument("--audio_dir", required=True, type=Path, help="the corpus's own folder")
    parser.add_argument("--output_dir", required=True, type=Path, help="where the sets go")
    parser.add_argument("--fold", type=positive_int, help="one of EmoBox's folds, from 1")
    parser.add_argument(
        "--dev_fraction",
        type=probability,
        default=0.0,
        help="fraction of train's utterances of each emotion that become the dev set of a fold that has none",
    )


def run(args) -> None:
    from c2ser.corpora.emobox import hold_out_dev, label_set, read_sets
    from c2ser.data.data_dir import write_data_dir, write_emotions

    sets = hold_out_dev(read_sets(args.metadata_dir, args.audio_dir, args.fold), args.dev_fraction)
    emotions = label_set(args.metadata_dir, sets)
    for name, utterances in sets.items():
        count = write_data_dir(args.output_dir / name, utterances, emotions, args.metadata_dir.name)
        logger.info("%s: %d utterances of %s", args.output_dir / name, count, args.metadata_dir.name)
    write_emotions(args.output_dir / "emotions", emotions)


main = command(__doc__, add_arguments, run)

if __name__ == "__main__":
    main()
