"""Write data directories again with the labels that a map gives them.

Examples:
  c2ser map_labels --data_dirs data/train data/dev data/test --label_map paper --output_dir data_paper
  c2ser map_labels --data_dirs data/train --label_map calm_is_neutral.yaml --output_dir data_mapped
"""

from pathlib import Path

from c2ser.cli import command, label_map_arguments


def add_arguments(parser) -> None:
    parser.add_argument("--data_dirs", required=True, nargs="+", type=Path, help="the sets")
    parser.add_argument(
        "--output_dir", required=True, type=Path, help="receives a set of the same name for each, and emotions"
    )
    label_map_arguments(parser, required=True)


def run(args) -> None:
    from c2ser.corpora.common.relabelling import map_data_dirs
    from c2ser.data.label_maps import find_label_map

    map_data_dirs(args.data_dirs, args.output_dir, label_map=find_label_map(args.label_map))


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
