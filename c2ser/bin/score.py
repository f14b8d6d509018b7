"""Score recognised emotions: WA, UA and F1 with 95 % intervals.

Figures per class and a confusion matrix are written too.

Examples:
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir exp/answers/score
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir score --emotions data/emotions
  c2ser score --ref data/test/utt2emo --hyp answers/utt2emo --output_dir score --corpus_emotions data/corpus_emotions
"""

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("--ref", required=True, help="true emotions: <utt> <emotion> per line")
    parser.add_argument("--hyp", required=True, help="recognised emotions: <utt> <emotion or <invalid>> per line")
    parser.add_argument("--output_dir", required=True, help="where result.json, result.txt, confusion.* and utt.tsv go")
    parser.add_argument("--emotions", help="the label set, one emotion per line; by default the whole vocabulary")
    parser.add_argument(
        "--corpus_emotions",
        help="label sets of corpora, one '<corpus> <emotion> <emotion> ...' per line; what is not of the label set of "
        "an utterance's corpus (utt2corpus beside --ref) counts as invalid",
    )


def run(args) -> None:
    from c2ser.scoring.score import result_text, score_files

    result = score_files(
        args.ref,
        args.hyp,
        output_dir=args.output_dir,
        emotions=args.emotions,
        corpus_emotions=args.corpus_emotions,
    )
    print(result_text(result), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
