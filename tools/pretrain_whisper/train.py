#!/usr/bin/env python3
"""Pre-train the tiny Whisper of mini_emo on speech that speak.py has spoken: phonemes by CTC, and prosody.

Beside phonemes, the mean of the encoder's output tells an utterance's pitch, loudness and rate. A training that was
interrupted goes on from its last checkpoint. On one thread, twice as fast in bfloat16 where the CPU multiplies it.

Examples:
  tools/pretrain_whisper/train.py --data_dir speech --output_dir egs/mini_emo/whisper
  tools/pretrain_whisper/train.py --data_dir speech0 speech1 --output_dir whisper --init egs/mini_emo/whisper
"""

from pathlib import Path

from c2ser.cli import command, non_negative_float, non_negative_int, positive_float, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", type=Path, nargs="+", required=True, help="what speak.py wrote")
    parser.add_argument("--output_dir", type=Path, required=True, help="receives the model; checkpoint.pt meanwhile")
    parser.add_argument("--init", type=Path, help="a model to start from, instead of random weights")
    parser.add_argument("--epochs", type=positive_int, default=2, help="how often each utterance is seen")
    parser.add_argument("--batch_seconds", type=positive_float, default=20, help="speech of a batch")
    parser.add_argument("--lr", type=positive_float, default=1.5e-3, help="greatest learning rate of the one cycle")
    parser.add_argument("--prosody_weight", type=non_negative_float, default=0.3, help="of prosody beside CTC")
    parser.add_argument("--dev_every", type=positive_int, default=50, help="each n-th utterance is held out")
    parser.add_argument("--save_every", type=positive_int, default=500, help="updates from checkpoint to checkpoint")
    parser.add_argument("--seed", type=non_negative_int, default=0, help="seed of weights and batches")
    parser.add_argument("--threads", type=positive_int, default=1, help="threads of PyTorch")
    parser.add_argument("--float32", action="store_true", help="do not multiply in bfloat16")


def run(args) -> None:
    import torch
    from training import Training

    torch.set_num_threads(args.threads)
    Training(args).run()


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
