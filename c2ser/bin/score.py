"""Scores recognised emotions: WA, UA, F1 with 95 % intervals, per class, confusion."""

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--ref", required=True, help="true emotions: <utt> <emotion> a line")
    parser.add_argument("--hyp", required=True, help="recognised emotions: <utt> <emotion or <invalid>> a line")
    parser.add_argument("--output_dir", required=True, help="where result.json, result.txt, confusion.* and utt.tsv go")
    parser.add_argument("--emotions", help="the label set, one emotion a line; without it the whole vocabulary")
    args = parser.parse_args()
    from c2ser.scoring.score import result_text, score_files

    print(result_text(score_files(args.ref, args.hyp, args.output_dir, args.emotions)), end="")


if __name__ == "__main__":
    run_command(main)
