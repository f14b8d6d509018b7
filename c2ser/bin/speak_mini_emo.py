"""Synthesise the embedded corpus mini_emo and write its data directories.

Examples:
  c2ser speak_mini_emo
  c2ser speak_mini_emo --source_dir downloads --data_dir data --num_utts 700 --seed 1
"""

from pathlib import Path

from c2ser.cli import command, label_map_arguments, non_negative_int, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--source_dir", type=Path, default=Path("downloads"), help="receives mini_emo/wav")
    parser.add_argument(
        "--data_dir",
        type=Path,
        default=Path("data"),
        help="receives train, unlabelled, its true emotions, dev, test and emotions",
    )
    parser.add_argument("--num_utts", type=positive_int, default=2800, help="utterances of all sets together")
    parser.add_argument("--seed", type=non_negative_int, default=0, help="seed of words, attributes and noise")
    parser.add_argument("--nj", type=positive_int, default=2, help="parallel processes")
    label_map_arguments(parser)


def run(args) -> None:
    from c2ser.corpora.common.preparation import Division, prepare_sets
    from c2ser.corpora.mini_emo import CORPUS, speak_corpus, write_reference
    from c2ser.data.label_maps import find_label_map

    label_map = find_label_map(args.label_map)
    speak_corpus(args.source_dir, args.num_utts, seed=args.seed, nj=args.nj)
    division = Division("official")
    prepare_sets(CORPUS, args.source_dir, data_dir=args.data_dir, division=division, label_map=label_map)
    write_reference(args.source_dir, args.data_dir / "unlabelled_reference", label_map=label_map)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
