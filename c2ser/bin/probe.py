"""Trains a small classifier on frozen features and scores it: on another set, or on all folds of a corpus."""

import argparse
import shlex
import sys
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command

SAMPLE_RATE = 16000
WAYS_TO_FOLD = ([True, False, False], [False, True, True])  # data_dir, emobox_dir, audio_dir


def main() -> None:
    args = parse_arguments()
    print(probe_encoder(args) if args.encoder else probe_sets(args), end="")


def probe_sets(args: argparse.Namespace) -> str:
    from c2ser.probe.probe import probe_features
    from c2ser.scoring.score import result_text

    return result_text(
        probe_features(args.train_dir, args.test_dir, args.features, args.output_dir, args.dev_dir, args.head)
    )


def probe_encoder(args: argparse.Namespace) -> str:
    import torch

    from c2ser.encoders.utterance import load_encoder
    from c2ser.probe.extraction import encoder_origin, extract_vectors
    from c2ser.probe.probe import probe_folds
    from c2ser.probe.protocols import emobox_protocol, speaker_protocol

    if args.emobox_dir:
        protocol = emobox_protocol(args.emobox_dir, args.audio_dir, args.output_dir / "data")
    else:
        protocol = speaker_protocol(args.data_dir)

    device = "cuda" if args.ngpu else "cpu"
    vectors = extract_vectors(
        lambda: load_encoder(args.encoder, args.layer, getattr(torch, args.dtype), device),
        encoder_origin(args.encoder, args.layer, args.dtype),
        protocol.data_dir,
        args.output_dir,
        args.batch_seconds * SAMPLE_RATE,
    )
    model = args.encoder if args.layer is None else f"{args.encoder} layer {args.layer}"
    command = shlex.join(["python", "-m", "c2ser.bin.probe", *sys.argv[1:]])
    return probe_folds(protocol, vectors, args.head, args.output_dir, model, command)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--output_dir", required=True, type=Path, help="where the recognised emotions and scores go")
    parser.add_argument("--head", choices=("linear", "mlp"), default="linear", help="logistic regression or EmoBox's")

    sets = parser.add_argument_group("one set against another, features extracted before")
    sets.add_argument("--train_dir", help="data directory to train on: its labelled utterances")
    sets.add_argument("--test_dir", help="data directory to score on")
    sets.add_argument(
        "--dev_dir", help="data directory to choose hyperparameters on; without it folds of the training speakers"
    )
    sets.add_argument("--features", default="emotion2vec_s.scp", help="name of the scp file in each directory")

    folds = parser.add_argument_group("an encoder on all folds of a corpus")
    folds.add_argument(
        "--encoder", help="hub id or folder of a speech encoder of transformers, or what extract_emotion2vec takes"
    )
    folds.add_argument("--emobox_dir", help="EmoBox's folder data/<name> of the corpus: its folds are used")
    folds.add_argument("--audio_dir", help="the corpus's own folder, with --emobox_dir")
    folds.add_argument("--data_dir", help="data directory, instead of --emobox_dir: one speaker is left out a fold")
    folds.add_argument(
        "--layer", type=int, help="hidden state of an encoder of transformers, from 0; without it the output"
    )
    folds.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the encoder")
    folds.add_argument("--batch_seconds", type=int, default=60, help="audio in a batch, padding counted")
    folds.add_argument("--ngpu", type=int, default=0, help="0 for the CPU")

    args = parser.parse_args()
    sets_given = [args.train_dir, args.test_dir]
    folds_given = [args.data_dir, args.emobox_dir, args.audio_dir]
    if args.encoder is None and (not all(sets_given) or any(folds_given)):
        parser.error("give --train_dir and --test_dir, or --encoder and a corpus")
    if args.encoder and (any([*sets_given, args.dev_dir]) or [bool(d) for d in folds_given] not in WAYS_TO_FOLD):
        parser.error("with --encoder goes either --data_dir, or --emobox_dir and --audio_dir, and no other set")
    return args


if __name__ == "__main__":
    run_command(main)
