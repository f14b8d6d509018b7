"""Write the data directories of a corpus from EmoBox's metadata.

Without --fold one set, all; with it train, dev and test.

Examples:
  c2ser import_emobox --metadata_dir EmoBox/data/emodb --audio_dir downloads/emodb --output_dir data
  c2ser import_emobox --metadata_dir EmoBox/data/emodb --audio_dir emodb --output_dir data --fold 1 --dev_fraction 0.1
  c2ser import_emobox --metadata_dir EmoBox/data/ravdess --audio_dir ravdess --output_dir data --label_map paper
"""

from pathlib import Path

from c2ser.cli import command, label_map_arguments, positive_int, probability


def add_arguments(parser) -> None:
    parser.add_argument("--metadata_dir", required=True, type=Path, help="EmoBox's folder data/<name> of the corpus")
    parser.add_argument("--audio_dir", required=True, type=Path, help="the corpus's own folder")
    parser.add_argument("--output_dir", required=True, type=Path, help="where the sets go")
    parser.add_argument("--fold", type=positive_int, help="one of EmoBox's folds, from 1")
    label_map_arguments(parser)
    parser.add_argument(
        "--dev_fraction",
        type=probability,
        default=0.0,
        help="fraction of train's utterances of each emotion that become the dev set of a fold that has none",
    )
    parser.add_argument(
        "--skip_bad",
        action="store_true",
        help="leave out utterances whose audio is missing, and duplicates, instead of stopping",
    )


def run(args) -> None:
    from c2ser.corpora.emobox.importing import import_fold
    from c2ser.data.label_maps import find_label_map

    import_fold(
        args.metadata_dir,
        args.audio_dir,
        output_dir=args.output_dir,
        fold=args.fold,
        dev_fraction=args.dev_fraction,
        skip_bad=args.skip_bad,
        label_map=find_label_map(args.label_map),
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
