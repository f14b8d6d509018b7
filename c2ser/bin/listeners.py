"""Score listeners against the labels of a set: the ceiling for a system that hears no more.

Votes are those of utt2votes; of a corpus whose file names tell all, such as cremad, its tables will do without audio.

Examples:
  c2ser listeners --data_dir data/test
  c2ser listeners --corpus cremad --source_dir CREMA-D --output listeners.md --json listeners.json
"""

from pathlib import Path

from c2ser.cli import UsageError, command


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", type=Path, help="a data directory with utt2emo and utt2votes")
    parser.add_argument("--corpus", help="instead: the name of a corpus")
    parser.add_argument("--source_dir", type=Path, help="with --corpus: its folder")
    parser.add_argument("--output", type=Path, help="also write the tables to this Markdown file")
    parser.add_argument("--json", type=Path, help="also write the figures, as JSON, to this file")


def run(args) -> None:
    import json

    from c2ser.corpora import get_corpus
    from c2ser.corpora.common.voted import voted_utterances
    from c2ser.data.files import atomic_write
    from c2ser.scoring.listeners import Rated, listeners_text, rated_utterances, score_listeners

    if bool(args.data_dir) == bool(args.corpus) or bool(args.corpus) != bool(args.source_dir):
        raise UsageError("give --data_dir, or --corpus and --source_dir")
    if args.data_dir:
        rated = rated_utterances(args.data_dir)
    else:
        utterances = voted_utterances(get_corpus(args.corpus), args.source_dir)
        rated = (Rated(one.id, one.emotion, one.votes, one.speaker) for one in utterances if one.votes)
    scored = score_listeners(rated)
    text = listeners_text(scored)
    print(text, end="")
    if args.output:
        with atomic_write(args.output) as file:
            file.write(text)
    if args.json:
        with atomic_write(args.json) as file:
            file.write(json.dumps(scored, indent=2) + "\n")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
