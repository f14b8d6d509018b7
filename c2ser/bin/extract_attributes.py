"""Write 16 kHz audio, durations, pitch, loudness and speaking rate of a data directory.

An interrupted command resumes when repeated.

Examples:
  c2ser extract_attributes --data_dir data/train --output_dir dump/train
  c2ser extract_attributes --data_dir data/train --output_dir dump/train --skip_bad --pitch_extractor world
"""

import logging

from c2ser.cli import audio_arguments, audio_format_argument, command, journal_arguments, pipe_arguments

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, help="data directory to read")
    parser.add_argument("--output_dir", required=True, help="data directory to write")
    parser.add_argument("--audio_dir", help="folder for converted audio; by default audio/ in --output_dir")
    audio_format_argument(parser)
    parser.add_argument("--pitch_extractor", choices=("praat", "world"), default="praat", help="what measures F0")
    audio_arguments(parser)
    pipe_arguments(parser)
    journal_arguments(parser, default="measured/1.jsonl")


def run(args) -> None:
    from c2ser.acoustics.extraction import extract_attributes

    count = extract_attributes(
        args.data_dir,
        args.output_dir,
        audio_dir=args.audio_dir,
        audio_format=args.audio_format,
        journal=args.journal,
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
        allow_pipe=args.allow_pipe,
        pitch_extractor=args.pitch_extractor,
    )
    logger.info("%s: %d utterances", args.output_dir, count)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
