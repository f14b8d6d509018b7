"""Train a small classifier on frozen features and score it.

It is scored on another set, or an encoder is scored on all folds of a corpus.

Examples:
  c2ser probe --train_dir dump/train --test_dir dump/test --output_dir exp/probe
  c2ser probe --encoder microsoft/wavlm-base --data_dir data/all --output_dir exp/probe/wavlm
  c2ser probe --encoder emotion2vec_s --emobox_dir EmoBox/data/emodb --audio_dir downloads/emodb --output_dir exp/probe
"""

from pathlib import Path

from c2ser.cli import (
    UsageError,
    audio_arguments,
    batch_arguments,
    batch_samples,
    command,
    device,
    device_arguments,
    non_negative_int,
)
from c2ser.data.names import EMOTION2VEC_SCP

WAYS_TO_FOLD = ([True, False, False], [False, True, True])  # data_dir, emobox_dir, audio_dir


def add_arguments(parser) -> None:
    parser.add_argument("--output_dir", required=True, type=Path, help="where the recognised emotions and scores go")
    parser.add_argument(
        "--head", choices=("linear", "mlp"), default="linear", help="logistic regression, or EmoBox's classifier"
    )

    parser.add_argument(
        "--targets", choices=("labels", "votes"), default="labels", help="what to train on: utt2emo, or utt2votes"
    )

    sets = parser.add_argument_group("one set against another, with features extracted before")
    sets.add_argument("--train_dir", help="data directory to train on: its labelled utterances")
    sets.add_argument("--test_dir", help="data directory to score on")
    sets.add_argument(
        "--dev_dir", help="data directory to choose hyperparameters on; by default folds of the training speakers"
    )
    sets.add_argument("--features", default=EMOTION2VEC_SCP, help="name of the scp file in each directory")

    folds = parser.add_argument_group("an encoder on all folds of a corpus")
    folds.add_argument(
        "--encoder", help="hub id or folder of a speech encoder of transformers, or what extract_emotion2vec takes"
    )
    folds.add_argument("--emobox_dir", help="EmoBox's folder data/<name> of the corpus, whose folds are used")
    folds.add_argument("--audio_dir", help="the corpus's own folder, with --emobox_dir")
    folds.add_argument("--data_dir", help="data directory, instead of --emobox_dir: each fold leaves one speaker out")
    folds.add_argument(
        "--layer",
        type=non_negative_int,
        help="hidden state of an encoder of transformers, from 0; by default the output",
    )
    folds.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="type of the encoder")
    audio_arguments(folds)
    batch_arguments(folds, seconds=60)
    device_arguments(folds)


def run(args) -> None:
    check_usage(args)
    print(probe_encoder(args) if args.encoder else probe_sets(args), end="")


def check_usage(args) -> None:
    sets = [args.train_dir, args.test_dir]
    corpus = [args.data_dir, args.emobox_dir, args.audio_dir]
    if args.encoder is None and (not all(sets) or any(corpus)):
        raise UsageError("give --train_dir and --test_dir, or --encoder and a corpus")
    if args.encoder and (any([*sets, args.dev_dir]) or [bool(path) for path in corpus] not in WAYS_TO_FOLD):
        raise UsageError("--encoder needs either --data_dir, or --emobox_dir and --audio_dir, and no other set")


def probe_sets(args) -> str:
    from c2ser.probe.probe import probe_features
    from c2ser.scoring.score import result_text

    result = probe_features(
        args.train_dir,
        args.test_dir,
        features=args.features,
        output_dir=args.output_dir,
        dev_dir=args.dev_dir,
        head=args.head,
        targets=args.targets,
    )
    return result_text(result)


def probe_encoder(args) -> str:
    import torch

    from c2ser.checkpoints.fingerprint import model_files_fingerprint
    from c2ser.encoders.utterance import load_encoder
    from c2ser.probe.extraction import extract_vectors
    from c2ser.probe.probe import probe_folds
    from c2ser.probe.protocols import emobox_protocol, speaker_protocol

    if args.emobox_dir:
        protocol = emobox_protocol(
            args.emobox_dir, args.audio_dir, data_dir=args.output_dir / "data", skip_bad=args.skip_bad
        )
    else:
        protocol = speaker_protocol(args.data_dir)

    chosen = device(args)
    vectors = extract_vectors(
        lambda: load_encoder(args.encoder, args.layer, dtype=getattr(torch, args.dtype), device=chosen),
        model_files_fingerprint(args.encoder, args.layer, args.dtype),
        data_dir=protocol.data_dir,
        output_dir=args.output_dir,
        batch_samples=batch_samples(args),
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
    )
    return probe_folds(
        protocol,
        vectors,
        head=args.head,
        output_dir=args.output_dir,
        model=args.encoder if args.layer is None else f"{args.encoder} layer {args.layer}",
        command=args.command_line,
        targets=args.targets,
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
