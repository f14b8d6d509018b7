"""Score recognised emotions: WA, UA and F1 with 95 % intervals.

Figures per class and a confusion matrix are written too, with --output_dir. Both tables may be of utterances (utt2emo),
or of files, as infer writes them: .tsv, .csv or .jsonl with file and emotion. Of two .rttm files, the emotion
diarization error rate is computed: in how much of the time the emotion is missed, falsely found or another.

Examples:
  c2ser score --ref labels.csv --hyp answers.csv
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir exp/answers/score
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir score --emotions data/emotions
  c2ser score --ref data/test/utt2emo --hyp answers/utt2emo --output_dir score --corpus_emotions data/corpus_emotions
  c2ser score --ref reference.rttm --hyp answers.rttm --durations reco2dur
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from c2ser.cli import UsageError, command


def add_arguments(parser) -> None:
    parser.add_argument(
        "--ref", required=True, help="true emotions: <utt> <emotion> per line, a table of files, or RTTM"
    )
    parser.add_argument(
        "--hyp", required=True, help="recognised emotions: <utt> <emotion or <invalid>> per line, or as --ref"
    )
    parser.add_argument(
        "--output_dir",
        help="where result.json, result.txt and tables of utterances go; without it, the scores are only printed",
    )
    parser.add_argument("--emotions", help="the label set, one emotion per line; by default the whole vocabulary")
    parser.add_argument(
        "--corpus_emotions",
        help="label sets of corpora, one '<corpus> <emotion> <emotion> ...' per line; what is not of the label set of "
        "an utterance's corpus (utt2corpus beside --ref) counts as invalid",
    )
    parser.add_argument(
        "--durations",
        help="of RTTM: <recording> <seconds> per line; without it a recording ends with the last turn that either has",
    )


def run(args) -> None:
    from c2ser.data.commands import note_command
    from c2ser.output.labels import is_table_of_files
    from c2ser.scoring.diarization_files import is_rttm

    score = _score_utterances
    for other, is_of_kind in ((_score_files, is_table_of_files), (_score_turns, is_rttm)):
        of_kind = [is_of_kind(table) for table in (args.ref, args.hyp)]
        if any(of_kind) and not all(of_kind):
            raise UsageError(
                "--ref and --hyp: two tables of utterances, two of files (.tsv, .csv, .jsonl), or two .rttm"
            )
        score = other if all(of_kind) else score
    if args.durations and score is not _score_turns:
        raise UsageError("--durations is for .rttm")
    with TemporaryDirectory() as folder:
        text = score(args, Path(args.output_dir or folder))
    if args.output_dir:
        note_command(args.output_dir, args.command_line, data_dir=Path(args.ref).parent)
    print(text, end="")


def _score_utterances(args, output_dir: Path) -> str:
    return _score_tables(args, args.ref, args.hyp, output_dir=output_dir)


def _score_files(args, output_dir: Path) -> str:
    from c2ser.errors import InputError
    from c2ser.output.labels import write_emotions_of_files

    with TemporaryDirectory() as folder:
        tables = [f"{folder}/{Path(table).name}" for table in (args.ref, args.hyp)]
        if tables[0] == tables[1]:
            tables[0] += ".ref"
        for given, table in zip((args.ref, args.hyp), tables, strict=True):
            write_emotions_of_files(given, table)
        try:
            return _score_tables(args, *tables, output_dir=output_dir)
        except InputError as error:  # names the tables as the user does
            raise InputError(str(error).replace(f"{folder}/", "")) from None


def _score_tables(args, ref: str, hyp: str, *, output_dir: Path) -> str:
    from c2ser.scoring.score import result_text, score_files

    result = score_files(ref, hyp, output_dir=output_dir, emotions=args.emotions, corpus_emotions=args.corpus_emotions)
    return result_text(result)


def _score_turns(args, output_dir: Path) -> str:
    from c2ser.scoring.diarization_files import score_turns, turns_text

    if args.emotions or args.corpus_emotions:
        raise UsageError("--emotions and --corpus_emotions are for tables of utterances or files")
    return turns_text(score_turns(args.ref, args.hyp, output_dir=output_dir, durations=args.durations))


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
