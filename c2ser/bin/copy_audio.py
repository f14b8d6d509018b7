"""Copy a data directory with its audio in a few large arks, or with a FLAC per utterance.

All samples are read on the way. An interrupted command resumes when repeated.

Examples:
  c2ser copy_audio --data_dir dump/train --output_dir sharded/train
  c2ser copy_audio --data_dir sharded/train --output_dir dump/train --audio_format flac
"""

from c2ser.cli import audio_format_argument, command, journal_arguments
from c2ser.data.names import FLAC_ARK


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, help="data directory to read")
    parser.add_argument("--output_dir", required=True, help="data directory to write")
    audio_format_argument(parser, default=FLAC_ARK)
    parser.add_argument("--audio_dir", help="folder for the audio; by default audio/ in --output_dir")
    parser.add_argument("--skip_bad", action="store_true", help="leave out utterances whose audio cannot be used")
    journal_arguments(parser, default="copied/1.jsonl")


def run(args) -> None:
    from c2ser.data.audio_copy import copy_audio

    copy_audio(
        args.data_dir,
        args.output_dir,
        audio_format=args.audio_format,
        audio_dir=args.audio_dir,
        journal=args.journal,
        skip_bad=args.skip_bad,
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
