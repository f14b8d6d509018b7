"""Lets the audio language model answer a data directory, in batches."""

import argparse

from c2ser.bin._command import argument_parser, run_command

SAMPLE_RATE = 16000


def main() -> None:
    args = parse_arguments()

    from c2ser.alm.inference import answer_data_dir
    from c2ser.alm.recognizer import AnswerGenerator

    generator = AnswerGenerator.from_experiment(
        args.model,
        num_beams=args.num_beams,
        repetition_penalty=args.repetition_penalty,
        max_new_tokens=args.max_new_tokens,
        scores=args.scores,
        constrained=args.constrained,
    )
    generator.model.to("cuda" if args.ngpu else "cpu")
    answer_data_dir(generator, args.data_dir, args.output_dir, args.mode, args.batch_seconds * SAMPLE_RATE)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--model", required=True, help="an experiment of alm_train")
    parser.add_argument("--data_dir", required=True, help="data directory with emotion2vec_s.scp")
    parser.add_argument("--output_dir", required=True, help="where text, utt2emo and utt2scores go")
    parser.add_argument("--mode", choices=("explicit", "implicit"), default="implicit", help="reason first, or not")
    parser.add_argument("--num_beams", type=int, default=1, help="1 is greedy; the release has 4")
    parser.add_argument(
        "--repetition_penalty",
        type=float,
        default=1.0,
        help="over 1 makes repeated words less likely; the release has 1.05",
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
    if args.num_beams < 1 or args.repetition_penalty <= 0 or (args.max_new_tokens or 1) < 1:
        parser.error("--num_beams and --max_new_tokens are at least 1, --repetition_penalty is over 0")
    return args


if __name__ == "__main__":
    run_command(main)
