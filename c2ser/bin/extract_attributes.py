"""Stage 2: 16 kHz audio, durations, pitch, loudness and speaking rate of a data directory."""

import logging

from c2ser.acoustics.extraction import extract_attributes
from c2ser.acoustics.pitch import PITCH_EXTRACTORS
from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dir", required=True, help="data directory to read")
    parser.add_argument("--output_dir", required=True, help="data directory to write")
    parser.add_argument("--audio_dir", help="folder for converted audio; without it, audio/ in --output_dir")
    parser.add_argument("--skip_bad", action="store_true", help="leave out utterances whose audio cannot be used")
    parser.add_argument("--allow_pipe", action="store_true", help="run entries of wav.scp that are a command and '|'")
    parser.add_argument("--pitch_extractor", choices=PITCH_EXTRACTORS, default="praat", help="what measures F0")
    args = parser.parse_args()
    num_utts = extract_attributes(**vars(args))
    logging.info("%s: %d utterances", args.output_dir, num_utts)


if __name__ == "__main__":
    run_command(main)
