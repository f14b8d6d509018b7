"""Draws utterance embeddings in two dimensions, coloured by emotion, a panel for each data directory."""

from pathlib import Path

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dirs", required=True, nargs="+", type=Path, help="with the features, utt2emo, utt2spk")
    parser.add_argument("--titles", nargs="+", help="of the panels; without them the names of the directories")
    parser.add_argument("--features", default="emotion2vec_s.scp", help="name of the scp file in each directory")
    parser.add_argument("--output_file", required=True, type=Path, help="the PNG")
    args = parser.parse_args()
    titles = args.titles or list(map(str, args.data_dirs))
    if len(set(titles)) != len(args.data_dirs):
        parser.error(f"{len(set(titles))} different titles for {len(args.data_dirs)} data directories")
    from c2ser.probe.features import load_features
    from c2ser.probe.plot import plot_embeddings

    panels = {title: load_features(data_dir, args.features) for title, data_dir in zip(titles, args.data_dirs)}
    plot_embeddings(panels, args.output_file)


if __name__ == "__main__":
    run_command(main)
