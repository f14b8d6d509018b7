"""Transcribe utterances that have no line in text with Whisper, into text_asr.

An interrupted command resumes when repeated.

Examples:
  c2ser transcribe --model openai/whisper-large-v3 --data_dir data/train --ngpu 1
  c2ser transcribe --model openai/whisper-base --data_dir data/train --output_dir dump/train --language de
"""

from functools import partial
from pathlib import Path

from c2ser.cli import (
    audio_arguments,
    command,
    device,
    device_arguments,
    journal_arguments,
    pipe_arguments,
    positive_int,
)


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help="hub id or folder of a Whisper model")
    parser.add_argument("--data_dir", required=True, help="data directory to read")
    parser.add_argument("--output_dir", help="where text_asr and utt2lang_asr go; by default --data_dir")
    journal_arguments(parser, default="transcripts/1.jsonl")
    parser.add_argument(
        "--language",
        help="language of all utterances, such as de; by default that of utt2lang, or what the model detects",
    )
    parser.add_argument(
        "--dtype", choices=("float32", "bfloat16", "float16"), default="float32", help="type of the computation"
    )
    parser.add_argument(
        "--batch_size", type=positive_int, default=16, help="utterances per batch, each of them padded to 30 s"
    )
    audio_arguments(parser)
    pipe_arguments(parser)
    device_arguments(parser)


def run(args) -> None:
    from c2ser.transcription.data_dir import transcribe_data_dir
    from c2ser.transcription.transcriber import Transcriber

    output_dir = Path(args.output_dir or args.data_dir)
    transcribe_data_dir(
        partial(Transcriber.load, args.model, dtype=args.dtype, device=device(args)),
        args.data_dir,
        output_dir=output_dir,
        journal=args.journal or output_dir / "transcripts" / "1.jsonl",
        batch_size=args.batch_size,
        language=args.language,
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
        allow_pipe=args.allow_pipe,
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
