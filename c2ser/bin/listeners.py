"""Score listeners against the labels of a set: the ceiling for a system that hears no more.

Votes are those of utt2votes; of a corpus whose file names tell all, such as cremad, its tables will do without audio.

Examples:
  c2ser listeners --data_dir data/test
  c2ser listeners --corpus cremad --source_dir CREMA-D --output listeners.md --json listeners.json
"""

from pathlib import Path

from c2ser.cli import UsageError, command, report, report_arguments


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", type=Path, help="a data directory with utt2emo and utt2votes")
    parser.add_argument("--corpus", help="instead: the name of a corpus")
    parser.add_argument("--source_dir", type=Path, help="with --corpus: its folder")
    report_arguments(parser)


def run(args) -> None:
    from c2ser.corpora import get_corpus
    from c2ser.corpora.common.voted import voted_utterances
    from c2ser.scoring.listeners import Rated, listeners_text, rated_utterances, score_listeners

    if bool(args.data_dir) == bool(args.corpus) or bool(args.corpus) != bool(args.source_dir):
        raise UsageError("give --data_dir, or --corpus and --source_dir")
    if args.data_dir:
        rated = rated_utterances(args.data_dir)
    else:
        utterances = voted_utterances(get_corpus(args.corpus), args.source_dir)
        rated = (Rated(one.id, one.emotion, one.votes, one.speaker) for one in utterances if one.votes)
    scored = score_listeners(rated)
    report(args, listeners_text(scored), figures=scored)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
