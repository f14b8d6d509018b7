"""Lets the audio language model answer a data directory, in batches."""

import argparse

from c2ser.bin._command import argument_parser, run_command

SAMPLE_RATE = 16000


def main() -> None:
    args = parse_arguments()

    from c2ser.systems.inference import answer_data_dir
    from c2ser.systems.recognizer import AnswerGenerator

    options = ("num_beams", "repetition_penalty", "max_new_tokens", "scores", "constrained")
    decoding = {name: getattr(args, name) for name in options if getattr(args, name) is not None}
    generator = AnswerGenerator.load(args.model, **decoding)
    generator.model.to("cuda" if args.ngpu else "cpu")
    answer_data_dir(generator, args.data_dir, args.output_dir, args.mode, args.batch_seconds * SAMPLE_RATE)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--model", required=True, help="an experiment of alm_train, or a packed model")
    parser.add_argument("--data_dir", required=True, help="data directory with emotion2vec_s.scp")
    parser.add_argument("--output_dir", required=True, help="where text, utt2emo and utt2scores go")
    parser.add_argument("--mode", choices=("explicit", "implicit"), default="implicit", help="reason first, or not")
    parser.add_argument(
        "--num_beams", type=int, help="1 is greedy; the release has 4; by default what the model was packed with, or 1"
    )
    parser.add_argument(
        "--repetition_penalty",
        type=float,
        help="over 1 makes repeated words less likely; the release has 1.05; by default as --num_beams",
    )
    parser.add_argument("--max_new_tokens", type=int, help="bound of an answer; without it, one that suits the mode")
    parser.add_argument("--scores", action="store_true", help="write utt2scores, the emotions' probabilities; implicit")
    parser.add_argument(
        "--constrained", action="store_true", help="say the likeliest emotion of the label set, nothing else; implicit"
    )
    parser.add_argument("--batch_seconds", type=int, default=120, help="audio in a batch, padding counted")
    parser.add_argument("--ngpu", type=int, default=0, help="0 for the CPU")
    args = parser.parse_args()
    if args.mode == "explicit" and (args.scores or args.constrained):
        parser.error("--scores and --constrained are for implicit answers; give --mode implicit")
    for name in ("num_beams", "repetition_penalty", "max_new_tokens"):
        value = getattr(args, name)
        if value is not None and value <= 0:
            parser.error(f"--{name} {value}: must be above zero")
    return args


if __name__ == "__main__":
    run_command(main)
