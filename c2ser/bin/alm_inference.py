"""Lets the audio language model answer a data directory, in batches."""

import argparse

from c2ser.bin._command import argument_parser, run_command

SAMPLE_RATE = 16000


def main() -> None:
    args = parse_arguments()

    from c2ser.alm.inference import answer_data_dir
    from c2ser.alm.recognizer import AnswerGenerator

    decoding = {"num_beams": args.num_beams, "repetition_penalty": args.repetition_penalty}
    generator = AnswerGenerator.from_experiment(args.model, **decoding)
    generator.model.to("cuda" if args.ngpu else "cpu")
    answer_data_dir(generator, args.data_dir, args.output_dir, args.mode, args.batch_seconds * SAMPLE_RATE)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--model", required=True, help="an experiment of alm_train")
    parser.add_argument("--data_dir", required=True, help="data directory with emotion2vec_s.scp")
    parser.add_argument("--output_dir", required=True, help="where text and utt2emo go")
    parser.add_argument("--mode", choices=("explicit", "implicit"), default="implicit", help="reason first, or not")
    parser.add_argument("--num_beams", type=int, default=1, help="1 is greedy")
    parser.add_argument("--repetition_penalty", type=float, default=1.0, help="over 1 makes repeated words less likely")
    parser.add_argument("--batch_seconds", type=int, default=120, help="audio in a batch, padding counted")
    parser.add_argument("--ngpu", type=int, default=0, help="0 for the CPU")
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
