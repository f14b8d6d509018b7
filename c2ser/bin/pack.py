"""Packs trained experiments into one folder for users: python -m c2ser.bin.infer --model FOLDER x.wav."""

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--alm_exp", required=True, help="experiment of alm_train")
    parser.add_argument("--emotion2vec_exp", required=True, help="experiment of emotion2vec_train")
    parser.add_argument("--output_dir", required=True, help="the folder to write")
    args = parser.parse_args()

    from c2ser.systems.recognizer import pack

    pack(**vars(args))


if __name__ == "__main__":
    run_command(main)
