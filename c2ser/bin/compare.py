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

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("systems", nargs="+", type=Path, help="two or more")
    parser.add_argument("--ref", type=Path, help="true emotions (utt2emo), for tables of recognised ones")
    parser.add_argument("--output", type=Path, help="also write the tables to this Markdown file")
    parser.add_argument("--json", type=Path, help="also write the figures, as JSON, to this file")


def run(args) -> None:
    import json

    from c2ser.data.files import atomic_write
    from c2ser.scoring.comparison import compare_systems, comparison_text

    compared = compare_systems(args.systems, args.ref)
    text = comparison_text(compared)
    print(text, end="")
    if args.output:
        with atomic_write(args.output) as file:
            file.write(text)
    if args.json:
        with atomic_write(args.json) as file:
            file.write(json.dumps(compared, indent=2) + "\n")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
