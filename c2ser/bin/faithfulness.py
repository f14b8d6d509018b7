"""Compare what explicit answers say with what was measured and said.

Stated levels are compared with the measured ones, quoted words with the transcript, the conclusion with its reasons. A
page shows answers drawn at random, with audio, and what is wrong in them.

Examples:
  c2ser faithfulness --data_dir dump/test --hyp exp/answers/text --output_dir exp/answers/faithfulness
"""

from pathlib import Path

from c2ser.cli import command, non_negative_int


def add_arguments(parser) -> None:
    parser.add_argument(
        "--data_dir", required=True, help="what was answered: attribute_levels, text or text_asr, utt2lang"
    )
    parser.add_argument("--hyp", required=True, help="the answers: <utt> <answer> per line")
    parser.add_argument(
        "--output_dir", required=True, help="where result.json, result.txt, utt.tsv and answers.html go"
    )
    parser.add_argument("--samples", type=non_negative_int, default=20, help="answers to show in answers.html")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of these answers")
    parser.add_argument(
        "--wording",
        choices=("templates", "free"),
        default="templates",
        help="what reads as a whole rationale: a template's wording, or also whatever the check of rewritten "
        "rationales accepts",
    )


def run(args) -> None:
    from c2ser.data.commands import note_command
    from c2ser.inspection.answers_page import PAGE_NAME, write_answers_page
    from c2ser.scoring.faithfulness import measure_faithfulness
    from c2ser.scoring.faithfulness_text import faithfulness_text

    result = measure_faithfulness(args.data_dir, args.hyp, output_dir=args.output_dir, wording=args.wording)
    write_answers_page(
        args.data_dir,
        args.hyp,
        output=Path(args.output_dir) / PAGE_NAME,
        result=result,
        samples=args.samples,
        seed=args.seed,
        wording=args.wording,
    )
    note_command(args.output_dir, args.command_line, data_dir=args.data_dir)
    print(faithfulness_text(result), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
