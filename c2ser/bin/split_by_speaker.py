"""Divide a data directory into train, dev and test so that no speaker is in two of them.

Sets are alike in emotions and, where spk2gender has them, in sexes. The same data give the same sets.

Examples:
  c2ser split_by_speaker --data_dir data/all --output_dir data --ratios 0.8 0.1 0.1
  c2ser split_by_speaker --data_dir data/all --output_dir data --folds 5 --fold 1
  c2ser split_by_speaker --data_dir data/all --output_dir data --speakers speakers.txt
"""

from pathlib import Path

from c2ser.cli import UsageError, command, positive_int, probability

RATIOS = (0.8, 0.1, 0.1)


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, type=Path, help="the whole corpus")
    parser.add_argument("--output_dir", required=True, type=Path, help="where train, dev and test go")
    parser.add_argument(
        "--ratios",
        nargs=3,
        type=probability,
        metavar=("TRAIN", "DEV", "TEST"),
        help="shares of the utterances, with a sum of 1; by default 0.8 0.1 0.1",
    )
    parser.add_argument("--folds", type=positive_int, help="instead: number of folds of equal size")
    parser.add_argument("--fold", type=positive_int, help="the fold that is test; the next one is dev")
    parser.add_argument("--speakers", type=Path, help="instead: a file of lines <speaker> <train, dev or test>")


def run(args) -> None:
    check_usage(args)

    from c2ser.data.data_dir import DataDir
    from c2ser.data.names import LABEL_SET
    from c2ser.data.speaker_sets import SETS, fold_sets, read_counts, read_list, write_speaker_sets
    from c2ser.data.speaker_split import divide_speakers, speaker_folds
    from c2ser.data.writing import write_emotions
    from c2ser.emotions import read_emotions

    whole = DataDir(args.data_dir)
    counts, sexes = read_counts(whole)
    if args.speakers:
        sets = read_list(args.speakers, counts)
    elif args.folds:
        sets = fold_sets(speaker_folds(counts, sexes=sexes, num_folds=args.folds), args.fold)
    else:
        sets = dict(zip(SETS, divide_speakers(counts, args.ratios or RATIOS, sexes=sexes)))
    write_speaker_sets(whole, args.output_dir, sets=sets, counts=counts)
    label_set = args.data_dir.parent / LABEL_SET
    if label_set.is_file():
        write_emotions(args.output_dir / LABEL_SET, read_emotions(label_set))


def check_usage(args) -> None:
    if sum(map(bool, (args.ratios, args.folds, args.speakers))) > 1 or bool(args.folds) != bool(args.fold):
        raise UsageError("give --ratios, or --folds and --fold, or --speakers")
    if args.folds == 1:
        raise UsageError("--folds 1: give 2 or more")
    if args.ratios and (min(args.ratios) <= 0 or abs(sum(args.ratios) - 1) > 1e-6):
        raise UsageError(f"--ratios {' '.join(map(str, args.ratios))}: three numbers above 0 with a sum of 1")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
