"""Converts an emotion2vec of FunASR, fairseq or a training into a folder of config.yaml and model.safetensors."""

from pathlib import Path

from c2ser.bin._command import EMOTION2VEC_HELP, argument_parser, run_command
from c2ser.errors import InputError


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--model", required=True, type=Path, help=EMOTION2VEC_HELP)
    parser.add_argument("--output_dir", required=True, type=Path, help="the folder to write; --model of other commands")
    args = parser.parse_args()
    if args.output_dir.resolve() == args.model.resolve():
        raise InputError(f"{args.output_dir}: --output_dir is --model; name another folder")

    from c2ser.emotion2vec import Emotion2Vec

    Emotion2Vec.from_pretrained(args.model).save_pretrained(args.output_dir)


if __name__ == "__main__":
    run_command(main)
