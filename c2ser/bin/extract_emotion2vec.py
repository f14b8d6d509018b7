"""Extracts Emotion2Vec-S features of a data directory into ark/scp; after an interruption the same command goes on."""

import argparse

from c2ser.bin._command import EMOTION2VEC_HELP, argument_parser, run_command

SAMPLE_RATE = 16000


def main() -> None:
    args = parse_arguments()

    import torch

    from c2ser.emotion2vec import Emotion2Vec
    from c2ser.emotion2vec.extraction import extract_features

    device = "cuda" if args.ngpu else "cpu"
    model = Emotion2Vec.from_pretrained(args.model, dtype=getattr(torch, args.dtype)).to(device)
    extract_features(model, args.data_dir, args.output_dir, args.level, args.batch_seconds * SAMPLE_RATE, args.ark)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--model", required=True, help=EMOTION2VEC_HELP)
    parser.add_argument("--data_dir", required=True, help="data directory with a file an utterance")
    parser.add_argument("--output_dir", required=True, help="where emotion2vec_s.scp goes")
    parser.add_argument("--ark", help="file of the features; without it, beside the scp")
    parser.add_argument("--level", choices=("utterance", "frame"), default="utterance", help="10 tokens, or all frames")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the computation")
    parser.add_argument("--batch_seconds", type=int, default=60, help="audio in a batch, padding counted")
    parser.add_argument("--ngpu", type=int, default=0, help="0 for the CPU")
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
