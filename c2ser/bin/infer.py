"""Recognise the emotion of audio files with a packed model.

Prints a table on a terminal, and otherwise tab-separated values: file, duration, emotion, its probability, answer. With
--output, an interrupted command goes on where it stopped when repeated. Files that cannot be used are left out, and
listed with the reasons at the end; the exit code is 3 then.

Examples:
  c2ser infer --model exp/packed recordings/ more/a.m4a
  c2ser infer --model exp/packed recordings/ --output answers.csv
  c2ser infer --model exp/packed - --format jsonl < paths.txt
  c2ser infer --model exp/packed files.txt --emotions angry,neutral --language en
  c2ser infer --model exp/packed --segments interview.m4a --output interview.rttm
  c2ser infer --model exp/packed --mode explicit --measure --ngpu 1 a.wav
  c2ser infer --model exp/packed --mode explicit --reasons measured --asr openai/whisper-base a.wav
  c2ser infer --model exp/packed --mode explicit --prompt "Describe the speaker's voice." a.wav
"""

import sys
from pathlib import Path

from c2ser.cli import (
    UsageError,
    answer_arguments,
    answer_options,
    batch_arguments,
    batch_samples,
    command,
    device,
    device_arguments,
    features_arguments,
    given_features,
    left_out,
    names,
)

TABLE = "table"
FORMATS = (TABLE, "tsv", "csv", "jsonl", "rttm", "ctm")
WHERE = ("audio", "output", "format", "ngpu", "command_line")  # options that answers do not depend on


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help="folder of a packed model, or its id on the Hugging Face hub")
    parser.add_argument(
        "audio",
        nargs="+",
        metavar="AUDIO",
        help="files that libsndfile or, where it is installed, ffmpeg reads; folders, with those in them; lists (.txt, "
        ".lst, .scp) with a path per line; - for such a list on standard input",
    )
    parser.add_argument("--output", type=Path, help="file of the answers; by default standard output")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="of the answers; by default that of the suffix of --output, table on a terminal, and otherwise tsv",
    )
    parser.add_argument("--no_scores", action="store_true", help="compute no probabilities, which takes less time")
    parser.add_argument(
        "--emotions", type=names, metavar="NAME,...", help="those of the label set that may be answered; by default all"
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure pitch, loudness and speaking rate, which --format jsonl shows; needs the extra [recipe]",
    )
    parser.add_argument(
        "--segments",
        action="store_true",
        help="answer all files in segments of speech, and write a row for each; by default those of more than 30 s are "
        "answered so, of which a table has one row, and jsonl, rttm and ctm have the segments. What has no speech is "
        "not answered then",
    )
    answer_arguments(parser)
    parser.add_argument(
        "--asr",
        metavar="MODEL",
        help="hub id or folder of a Whisper that recognises the words; by default, for measured reasons, the one that "
        "the packed model has the encoder of, if that has a hub id; without any, words and speaking rate are left out",
    )
    features_arguments(parser, name="the file's name without suffix")
    batch_arguments(parser, seconds=60)
    device_arguments(parser)


def run(args) -> None:
    options = answer_options(args)
    if args.asr and args.reasons != "measured" and not args.measure:
        raise UsageError("--asr recognises the words of measured reasons; give --reasons measured, or --measure")

    from c2ser import C2SER
    from c2ser.data.audio_files import collect_audio
    from c2ser.output import print_answers, save_answers

    files = collect_audio(args.audio)
    model = C2SER.from_pretrained(args.model, device=device(args), asr=args.asr, **options)
    work = {"answering": answering(args, model), "lines": lines(args, files, emotions=model.emotions)}
    if args.output is None:
        left_out(print_answers(files, **work), len(files))
    else:
        left_out(save_answers(files, **work, output=args.output, settings=settings(args, model)), len(files))


def answering(args, model):
    """Returns a function of files that yields their answers."""
    from c2ser.errors import InputError

    request = {
        "batch_samples": batch_samples(args),
        "features": given_features(args, model.emotion2vec.dim),
        "language": args.language,
        "emotions": args.emotions,
        "scores": not args.no_scores,
        "measure": args.measure,
        "segments": args.segments or None,
    }

    def answer(files):
        for file, recognition in zip(files, model.recognize_files(files, args.mode, **request), strict=True):
            if isinstance(recognition, InputError):
                yield {"file": file, "error": str(recognition)}
            else:
                yield {"file": file} | {name: value for name, value in recognition.as_dict().items() if name != "path"}

    return answer


def lines(args, files: list[str], *, emotions):
    """Returns a function of answers that yields the lines to write."""
    from functools import partial
    from shutil import get_terminal_size

    from c2ser.output import FORMATS as WRITERS
    from c2ser.output import Layout, Table

    chosen = args.format or default_format(args.output)
    if chosen == TABLE:
        return Table(files, emotions, width=get_terminal_size().columns, probabilities=not args.no_scores).lines
    return partial(WRITERS[chosen], layout=Layout(() if args.no_scores else tuple(emotions), args.segments))


def default_format(output: Path | None) -> str:
    """Returns the format of a file by its suffix, or what suits standard output."""
    if output is None:
        return TABLE if sys.stdout.isatty() else "tsv"
    suffix = output.suffix.lower().removeprefix(".")
    return suffix if suffix in FORMATS else "tsv"


def settings(args, model) -> str:
    """Returns a fingerprint of what the answers depend on besides the files."""
    from c2ser.data.fingerprint import fingerprint

    given = {name: value for name, value in vars(args).items() if name not in WHERE}
    return fingerprint(given, model.recognizer.identity(), model.emotion2vec.fingerprint())


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
