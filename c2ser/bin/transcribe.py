"""Transcribes with Whisper what has no line in text, into text_asr; after an interruption the same command goes on."""

import argparse
from functools import partial
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    args = parse_arguments()

    from c2ser.transcription.data_dir import transcribe_data_dir
    from c2ser.transcription.transcriber import Transcriber

    output_dir = Path(args.output_dir or args.data_dir)
    transcribe_data_dir(
        partial(Transcriber.load, args.model, args.dtype, "cuda" if args.ngpu else "cpu"),
        args.data_dir,
        output_dir,
        args.journal or output_dir / "transcripts" / "1.jsonl",
        args.batch_size,
        args.language,
        args.skip_bad,
        args.allow_pipe,
    )


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--model", required=True, help="hub id or folder of a Whisper")
    parser.add_argument("--data_dir", required=True, help="data directory to read")
    parser.add_argument("--output_dir", help="where text_asr and utt2lang_asr go; without it, --data_dir")
    parser.add_argument(
        "--journal",
        help="file NAME.jsonl of finished utterances; others of its folder are read too, so that jobs may share it; "
        "without it, transcripts/1.jsonl in --output_dir",
    )
    parser.add_argument(
        "--language", help="of all utterances, such as de; without it that of utt2lang, or what the model detects"
    )
    parser.add_argument(
        "--dtype", choices=("float32", "bfloat16", "float16"), default="float32", help="of the computation"
    )
    parser.add_argument("--batch_size", type=int, default=16, help="utterances in a batch, each of them padded to 30 s")
    parser.add_argument("--ngpu", type=int, default=0, help="0 for the CPU")
    parser.add_argument("--skip_bad", action="store_true", help="leave out utterances whose audio cannot be used")
    parser.add_argument("--allow_pipe", action="store_true", help="run entries of wav.scp that are a command and '|'")
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
