"""Plot utterance embeddings in two dimensions, coloured by emotion.

The figure has one panel per data directory.

Examples:
  c2ser plot_embeddings --data_dirs dump/test --output_file embeddings.png
  c2ser plot_embeddings --data_dirs exp/a/test exp/b/test --titles with without --output_file embeddings.png
"""

from pathlib import Path

from c2ser.cli import UsageError, command
from c2ser.data.names import EMOTION2VEC_SCP


def add_arguments(parser) -> None:
    parser.add_argument(
        "--data_dirs", required=True, nargs="+", type=Path, help="with the features, utt2emo and utt2spk"
    )
    parser.add_argument("--titles", nargs="+", help="of the panels; by default the names of the directories")
    parser.add_argument("--features", default=EMOTION2VEC_SCP, help="name of the scp file in each directory")
    parser.add_argument("--output_file", required=True, type=Path, help="the PNG")


def run(args) -> None:
    titles = args.titles or list(map(str, args.data_dirs))
    if len(set(titles)) != len(args.data_dirs):
        raise UsageError(f"{len(set(titles))} different titles for {len(args.data_dirs)} data directories")

    from c2ser.probe.features import load_features
    from c2ser.probe.plot import plot_embeddings

    panels = {title: load_features(data_dir, args.features) for title, data_dir in zip(titles, args.data_dirs)}
    plot_embeddings(panels, args.output_file)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
