"""Score recognised emotions: WA, UA and F1 with 95 % intervals.

Figures per class and a confusion matrix are written too.

Examples:
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir exp/answers/score
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir score --emotions data/emotions
"""

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("--ref", required=True, help="true emotions: <utt> <emotion> per line")
    parser.add_argument("--hyp", required=True, help="recognised emotions: <utt> <emotion or <invalid>> per line")
    parser.add_argument("--output_dir", required=True, help="where result.json, result.txt, confusion.* and utt.tsv go")
    parser.add_argument("--emotions", help="the label set, one emotion per line; by default the whole vocabulary")


def run(args) -> None:
    from c2ser.scoring.score import result_text, score_files

    print(result_text(score_files(args.ref, args.hyp, output_dir=args.output_dir, emotions=args.emotions)), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
