"""Train a small classifier on frozen features and score it.

It is scored on other sets, or an encoder is scored on all folds of a corpus. With several test sets, or an encoder,
each set's scores are in a folder of its name below --output_dir; those in exp/NAME/probe are what results finds in exp.

Examples:
  c2ser probe --train_dir dump/train --test_dir dump/test --output_dir exp/probe
  c2ser probe --encoder openai/whisper-base --layers all --train_dir dump/train --dev_dir dump/dev --test_dir dump/test
      --output_dir exp/whisper_base/probe
  c2ser probe --encoder microsoft/wavlm-base --data_dir data/all --output_dir exp/probe/wavlm
  c2ser probe --encoder emotion2vec_s --emobox_dir EmoBox/data/emodb --audio_dir downloads/emodb --output_dir exp/probe
"""

from collections.abc import Callable
from pathlib import Path

from c2ser.cli import (
    UsageError,
    audio_arguments,
    batch_arguments,
    command,
    device_arguments,
    non_negative_int,
    vector_extractor,
)
from c2ser.data.names import EMOTION2VEC_SCP

ALL, WEIGHTED = "all", "weighted"
WAYS_TO_FOLD = ([True, False, False], [False, True, True])  # data_dir, emobox_dir, audio_dir


def add_arguments(parser) -> None:
    parser.add_argument("--output_dir", required=True, type=Path, help="where the recognised emotions and scores go")
    parser.add_argument(
        "--head", choices=("linear", "mlp"), default="linear", help="logistic regression, or EmoBox's classifier"
    )

    parser.add_argument(
        "--targets", choices=("labels", "votes"), default="labels", help="what to train on: utt2emo, or utt2votes"
    )

    sets = parser.add_argument_group("one set against others")
    sets.add_argument("--train_dir", help="data directory to train on: its labelled utterances")
    sets.add_argument("--test_dir", nargs="+", default=[], help="data directories to score on")
    sets.add_argument(
        "--dev_dir",
        help="data directory to choose hyperparameters and layer on; by default folds of the training speakers",
    )
    sets.add_argument(
        "--features",
        default=EMOTION2VEC_SCP,
        help="name of the scp file in each directory, of features extracted before; without --encoder",
    )

    folds = parser.add_argument_group("or all folds of a corpus, with an encoder")
    folds.add_argument("--emobox_dir", help="EmoBox's folder data/<name> of the corpus, whose folds are used")
    folds.add_argument("--audio_dir", help="the corpus's own folder, with --emobox_dir")
    folds.add_argument("--data_dir", help="data directory, instead of --emobox_dir: each fold leaves one speaker out")

    encoder = parser.add_argument_group("an encoder, whose vectors are extracted once and kept")
    encoder.add_argument(
        "--encoder", help="hub id or folder of a speech encoder of transformers, or what extract_emotion2vec takes"
    )
    encoder.add_argument(
        "--layers",
        "--layer",
        nargs="+",
        type=layer,
        default=[],
        help="hidden states of an encoder of transformers, from 0, or all; of several the one is taken that is best on "
        "the dev set, or on folds of the training speakers. weighted: a learned average of all, as in SUPERB. By "
        "default the output",
    )
    encoder.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="type of the encoder")
    audio_arguments(encoder)
    batch_arguments(encoder, seconds=60)
    device_arguments(encoder)


def layer(text: str) -> int | str:
    """Reads a layer: a number from 0, all, or weighted."""
    return text if text in (ALL, WEIGHTED) else non_negative_int(text)


def run(args) -> None:
    check_usage(args)
    print(probe_corpus(args) if args.data_dir or args.emobox_dir else probe_test_sets(args), end="")


def check_usage(args) -> None:
    sets, corpus = [args.train_dir, args.test_dir], [args.data_dir, args.emobox_dir, args.audio_dir]
    if any(corpus):
        if any([*sets, args.dev_dir]) or [bool(path) for path in corpus] not in WAYS_TO_FOLD:
            raise UsageError("a corpus is either --data_dir, or --emobox_dir and --audio_dir, and no other set")
        if not args.encoder:
            raise UsageError("a corpus needs --encoder")
    elif not all(sets):
        raise UsageError("give --train_dir and --test_dir, or --encoder and a corpus")
    names = [Path(path).resolve().name for path in args.test_dir]
    if len(set(names)) < len(names):
        raise UsageError(f"--test_dir: the sets need different names, not {' '.join(names)}")
    if args.layers and not args.encoder:
        raise UsageError("--layers needs --encoder")
    if WEIGHTED in args.layers and (len(args.layers) > 1 or args.head != "linear"):
        raise UsageError("--layers weighted stands alone, and its head is linear")


def probe_test_sets(args) -> str:
    from c2ser.probe.probe import probe_sets
    from c2ser.scoring.score import result_text

    outputs = {path: args.output_dir / Path(path).resolve().name for path in args.test_dir}
    features, layers = (lambda _: args.features), []
    if args.encoder:
        layers, extract = encoder(args)
        directories = dict.fromkeys([args.train_dir, *([args.dev_dir] if args.dev_dir else []), *args.test_dir])
        features = {path: extract(path, args.output_dir / "vectors" / place(path)) for path in directories}.get
    elif len(outputs) == 1:
        outputs = dict.fromkeys(outputs, args.output_dir)
    results = probe_sets(
        args.train_dir,
        outputs,
        features=features,
        dev_dir=args.dev_dir,
        head=head(args),
        targets=args.targets,
        layers=layers,
    )
    titled = len(results) > 1
    return "\n".join(f"{path}\n" * titled + result_text(result) for path, result in results.items())


def place(data_dir: str) -> str:
    """Returns the name of the folder of a set's vectors; sets of one name have several."""
    from c2ser.data.fingerprint import fingerprint

    path = Path(data_dir).resolve()
    return f"{path.name}_{fingerprint(str(path))[:8]}"


def probe_corpus(args) -> str:
    from c2ser.probe.probe import probe_folds
    from c2ser.probe.protocols import emobox_protocol, speaker_protocol

    if args.emobox_dir:
        protocol = emobox_protocol(
            args.emobox_dir, args.audio_dir, data_dir=args.output_dir / "data", skip_bad=args.skip_bad
        )
    else:
        protocol = speaker_protocol(args.data_dir)
    layers, extract = encoder(args)
    vectors = extract(protocol.data_dir, args.output_dir)
    return probe_folds(
        protocol,
        vectors,
        head=head(args),
        output_dir=args.output_dir,
        model=" ".join([args.encoder, *(["layer", *map(str, args.layers)] if args.layers else [])]),
        command=args.command_line,
        targets=args.targets,
        layers=layers,
    )


def head(args) -> str:
    return WEIGHTED if WEIGHTED in args.layers else args.head


def encoder(args) -> tuple[list[int], Callable[[str | Path, Path], Path]]:
    """Returns the layers, and what extracts the vectors of a data directory into a folder."""
    from c2ser.encoders.utterance import all_layers

    layers = all_layers(args.encoder) if {ALL, WEIGHTED} & {*args.layers} else args.layers
    return layers, vector_extractor(args, layers or None)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
