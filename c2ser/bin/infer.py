"""Tells the emotion of audio files with a packed model: file, emotion and answer, separated by tabs."""

import argparse

from c2ser.bin._command import argument_parser, run_command
from c2ser.emotions import INVALID


def main() -> None:
    args = parse_arguments()

    from c2ser import C2SER

    model = C2SER.from_pretrained(args.model, constrained=args.constrained).to("cuda" if args.ngpu else "cpu")
    for path in args.audio:
        recognition = model.recognize(path, mode=args.mode)
        print(path, recognition.emotion or INVALID, recognition.text, sep="\t", flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--model", required=True, help="folder of a packed model, or its id on the Hugging Face hub")
    parser.add_argument("--mode", choices=("explicit", "implicit"), default="implicit", help="reason first, or not")
    parser.add_argument(
        "--constrained", action="store_true", help="say the likeliest emotion of the label set, nothing else; implicit"
    )
    parser.add_argument("--ngpu", type=int, default=0, help="0 for the CPU")
    parser.add_argument("audio", nargs="+", metavar="AUDIO", help="files of any format that libsndfile reads")
    args = parser.parse_args()
    if args.mode == "explicit" and args.constrained:
        parser.error("--constrained is for implicit answers; give --mode implicit")
    return args


if __name__ == "__main__":
    run_command(main)
