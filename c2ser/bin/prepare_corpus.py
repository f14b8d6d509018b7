"""Write the data directory of a corpus, and the label set beside it.

Examples:
  c2ser prepare_corpus --corpus emodb --source_dir downloads/emodb --output_dir data/all
  c2ser prepare_corpus --corpus meld --set train --source_dir downloads/meld --output_dir data/train
"""

import logging
from pathlib import Path

from c2ser.cli import UsageError, command

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("--corpus", required=True, help="name of a corpus, such as emodb")
    parser.add_argument("--source_dir", required=True, type=Path, help="the corpus's folder")
    parser.add_argument("--output_dir", required=True, type=Path, help="the set to write, such as data/all")
    parser.add_argument("--set", help="a set of a corpus that is divided, such as train of meld; by default all")


def run(args) -> None:
    from c2ser.corpora import corpus
    from c2ser.data.data_dir import write_data_dir, write_emotions

    module = corpus(args.corpus)
    sets = getattr(module, "SETS", ())
    if args.set and args.set not in sets:
        raise UsageError(f"--set {args.set}: {args.corpus} has {', '.join(sets) or 'no sets, divide it yourself'}")
    emotions = set(module.EMOTIONS.values())
    utterances = module.utterances(args.source_dir, *filter(None, [args.set]))
    count = write_data_dir(args.output_dir, utterances, emotions, args.corpus)
    write_emotions(args.output_dir.parent / "emotions", emotions)
    logger.info("%s: %d utterances of %s", args.output_dir, count, args.corpus)


main = command(__doc__, add_arguments, run)

if __name__ == "__main__":
    main()
