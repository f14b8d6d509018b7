#!/usr/bin/env python3
"""What a pre-trained tiny Whisper makes of a data directory: its phoneme error rate, and what linear probes find.

With --train_dir, logistic regression on the mean and deviation of each layer's frames tells how much of the levels of
pitch, loudness and rate (macro recall) and of the emotion (UA) a linear model finds there.

Examples:
  tools/pretrain_whisper/evaluate.py --model egs/mini_emo/whisper --data_dir egs/mini_emo/dump/test
  tools/pretrain_whisper/evaluate.py --model egs/mini_emo/whisper --data_dir egs/mini_emo/dump/test \\
    --train_dir egs/mini_emo/dump/train
"""

from pathlib import Path

from c2ser.cli import command, positive_float, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="what train.py wrote")
    parser.add_argument("--data_dir", type=Path, required=True, help="16 kHz audio, text, languages and attributes")
    parser.add_argument("--train_dir", type=Path, help="utterances that the linear probes are trained on")
    parser.add_argument("--batch_seconds", type=positive_float, default=60, help="speech of a batch")
    parser.add_argument("--threads", type=positive_int, default=1, help="threads of PyTorch")


def run(args) -> None:
    import torch
    from examples import phoneme_error_rates, read_examples
    from probes import probe_layers
    from recognizer import Recognizer

    torch.set_num_threads(args.threads)
    for language, rate in phoneme_error_rates(
        Recognizer.load(args.model), read_examples(args.data_dir), args.batch_seconds
    ).items():
        print(f"phoneme error rate, {language}: {rate:.1%}")
    if args.train_dir:
        rows = probe_layers(args.model, args.train_dir, test_dir=args.data_dir, batch_seconds=args.batch_seconds)
        print("layer", *rows[0], sep="\t")
        for layer, row in enumerate(rows):
            print(layer, *(f"{value:.3f}" for value in row.values()), sep="\t")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
