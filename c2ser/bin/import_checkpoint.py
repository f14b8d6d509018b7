"""Turns C²SER's released audio language model into a packed model: python -m c2ser.bin.infer --model FOLDER x.wav."""

import argparse

from c2ser.bin._command import EMOTION2VEC_HELP, argument_parser, run_command


def main() -> None:
    args = vars(parse_arguments())
    output_dir = args.pop("output_dir")

    from c2ser.systems.release import import_release

    import_release(**args).save_pretrained(output_dir)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--checkpoint", required=True, help="the release's C2SER_llm.pt")
    parser.add_argument("--emotion2vec", required=True, help=EMOTION2VEC_HELP)
    parser.add_argument(
        "--llm",
        default="Qwen/Qwen2-7B",
        help="hub id or folder of the language model that the release is built on, which the packed model refers to; "
        "from a folder without weights, those of the checkpoint go into the packed model",
    )
    parser.add_argument("--output_dir", required=True, help="the folder to write")
    parser.add_argument("--lora_alpha", type=float, default=32, help="of the adapters; their weights do not tell it")
    parser.add_argument("--whisper_heads", type=int, help="of the Whisper encoder; by default one for 64 features")
    parser.add_argument(
        "--llm_dtype",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the language model's weights; auto for the one that they are published in",
    )
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
