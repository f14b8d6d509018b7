"""Score recognised emotions: WA, UA and F1 with 95 % intervals.

Figures per class and a confusion matrix are written too, with --output_dir. Both tables may be of utterances (utt2emo),
or of files, as infer writes them: .tsv, .csv or .jsonl with file and emotion.

Examples:
  c2ser score --ref labels.csv --hyp answers.csv
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir exp/answers/score
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir score --emotions data/emotions
  c2ser score --ref data/test/utt2emo --hyp answers/utt2emo --output_dir score --corpus_emotions data/corpus_emotions
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from c2ser.cli import UsageError, command


def add_arguments(parser) -> None:
    parser.add_argument("--ref", required=True, help="true emotions: <utt> <emotion> per line, or a table of files")
    parser.add_argument(
        "--hyp", required=True, help="recognised emotions: <utt> <emotion or <invalid>> per line, or a table of files"
    )
    parser.add_argument(
        "--output_dir",
        help="where result.json, result.txt, confusion.* and utt.tsv go; without it, the scores are only printed",
    )
    parser.add_argument("--emotions", help="the label set, one emotion per line; by default the whole vocabulary")
    parser.add_argument(
        "--corpus_emotions",
        help="label sets of corpora, one '<corpus> <emotion> <emotion> ...' per line; what is not of the label set of "
        "an utterance's corpus (utt2corpus beside --ref) counts as invalid",
    )


def run(args) -> None:
    from c2ser.data.commands import note_command
    from c2ser.errors import InputError
    from c2ser.output.labels import is_table_of_files, write_emotions_of_files
    from c2ser.scoring.score import result_text, score_files

    of_files = [is_table_of_files(table) for table in (args.ref, args.hyp)]
    if of_files == [True, False] or of_files == [False, True]:
        raise UsageError("--ref and --hyp: give two tables of utterances, or two of files (.tsv, .csv, .jsonl)")
    with TemporaryDirectory() as folder:
        tables = [args.ref, args.hyp]
        if all(of_files):
            tables = [f"{folder}/{Path(table).name}" for table in tables]
            if tables[0] == tables[1]:
                tables[0] += ".ref"
            for given, table in zip((args.ref, args.hyp), tables, strict=True):
                write_emotions_of_files(given, table)
        try:
            result = score_files(
                *tables,
                output_dir=args.output_dir or f"{folder}/score",
                emotions=args.emotions,
                corpus_emotions=args.corpus_emotions,
            )
        except InputError as error:  # names the tables as the user does
            raise InputError(str(error).replace(f"{folder}/", "")) from None
    if args.output_dir:
        note_command(args.output_dir, args.command_line, data_dir=Path(args.ref).parent)
    print(result_text(result), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
