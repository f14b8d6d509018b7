"""Compare systems on the same utterances: which differences are more than chance.

Differences have 95 % intervals. Each system is given by what score wrote (utt.tsv, its folder, or the one above), or
with --ref by its recognised emotions.
Intervals and tests are over speakers where there are five or more, else over utterances; p is corrected for all pairs.

Examples:
  c2ser compare exp/a/inference_implicit/test exp/b/inference_implicit/test
  c2ser compare exp/a/score exp/b/score exp/c/score --output exp/COMPARISON.md --json exp/comparison.json
  c2ser compare answers/utt2emo others/utt2emo --ref data/test/utt2emo
"""

from pathlib import Path

from c2ser.cli import command, report, report_arguments


def add_arguments(parser) -> None:
    parser.add_argument("systems", nargs="+", type=Path, help="two or more")
    parser.add_argument("--ref", type=Path, help="true emotions (utt2emo), for tables of recognised ones")
    report_arguments(parser)


def run(args) -> None:
    from c2ser.scoring.comparison import compare_systems, comparison_text

    compared = compare_systems(args.systems, args.ref)
    report(args, comparison_text(compared), figures=compared)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
