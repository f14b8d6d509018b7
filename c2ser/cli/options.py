"""Options that several commands have, and the types of options."""

import argparse
from pathlib import Path

from c2ser.cli.command import UsageError
from c2ser.cli.memory import reuse_freed_memory
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.names import AUDIO_FORMATS, FLAC

# What --model of the commands that load an Emotion2Vec takes.
EMOTION2VEC_HELP = (
    "an experiment of emotion2vec_train; a folder of convert_emotion2vec; a FunASR folder of emotion2vec or "
    "emotion2vec+ (config.yaml and one .pt); or a fairseq checkpoint (.pt) such as the one of the C²SER release"
)
ANSWERING = ("num_beams", "top_k", "repetition_penalty", "max_new_tokens", "end_tokens", "constrained")
ANSWERING += ("prompt", "llm_float32", "reasons")


def positive_int(text: str) -> int:
    """Type of an option: a whole number, 1 or more."""
    return _number(text, int, lambda value: value >= 1, "a whole number, 1 or more")


def non_negative_int(text: str) -> int:
    """Type of an option: a whole number, 0 or more."""
    return _number(text, int, lambda value: value >= 0, "a whole number, 0 or more")


def positive_float(text: str) -> float:
    """Type of an option: a finite number above 0."""
    return _number(text, float, lambda value: 0 < value < float("inf"), "a number above 0")


def non_negative_float(text: str) -> float:
    """Type of an option: a finite number, 0 or more."""
    return _number(text, float, lambda value: 0 <= value < float("inf"), "a number, 0 or more")


def probability(text: str) -> float:
    """Type of an option: a number from 0 to 1."""
    return _number(text, float, lambda value: 0 <= value <= 1, "a number from 0 to 1")


def token_ids(text: str) -> list[int]:
    """Type of an option: token ids, with commas between them."""
    return [non_negative_int(part) for part in text.split(",")]


def names(text: str) -> list[str]:
    """Type of an option: names, with commas between them."""
    return text.split(",")


def part(text: str) -> tuple[int, int]:
    """Type of an option: which of how many parts, such as 2/4."""
    number, _, parts = text.partition("/")
    if not (number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise argparse.ArgumentTypeError(f"'{text}' is not a part of several such as 2/4")
    return int(number), int(parts)


def language_code(text: str) -> str:
    """Type of an option: a language's code of ISO 639-1."""
    from c2ser.languages import is_language_code

    if not is_language_code(text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a language code of ISO 639-1 such as en")
    return text


def _number(text: str, kind: type, valid, expected: str):
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not valid(value):
        raise argparse.ArgumentTypeError(f"'{text}' is not {expected}")
    return value


def device_arguments(parser) -> None:
    """Adds ``--ngpu``; see `device`."""
    parser.add_argument("--ngpu", type=non_negative_int, default=0, help="number of GPUs; 0 for the CPU")


def device(args: argparse.Namespace) -> str:
    """Returns the device that ``--ngpu`` asks for, ``cuda`` or ``cpu``.

    Convolutions in float32 are computed in float32 from then on, as matrix products are; by default, PyTorch rounds
    their inputs to TF32 on GPUs, and features differ from a CPU's by more than 1e-4. On a CPU, what tensors have freed
    is kept for the next ones; see `c2ser.cli.memory.reuse_freed_memory`.

    Raises:
        InputError: PyTorch finds no GPU.
    """
    if not args.ngpu:
        reuse_freed_memory()
        return "cpu"
    import torch

    from c2ser.errors import InputError

    if not torch.cuda.is_available():
        raise InputError(f"--ngpu {args.ngpu}: PyTorch finds no GPU here; give --ngpu 0 to compute on the CPU")
    torch.backends.cudnn.allow_tf32 = False
    return "cuda"


def batch_arguments(parser, seconds: int) -> None:
    """Adds ``--batch_seconds`` with its default; see `batch_samples`."""
    parser.add_argument(
        "--batch_seconds", type=positive_int, default=seconds, help="seconds of audio per batch, padding included"
    )


def batch_samples(args: argparse.Namespace) -> int:
    """Returns the samples per batch that ``--batch_seconds`` asks for."""
    from c2ser.data.audio import SAMPLE_RATE

    return args.batch_seconds * SAMPLE_RATE


def audio_arguments(parser) -> None:
    """Adds ``--skip_bad`` and ``--max_seconds``, for commands that read the audio of a data directory."""
    parser.add_argument("--skip_bad", action="store_true", help="leave out utterances whose audio cannot be used")
    parser.add_argument(
        "--max_seconds",
        type=positive_float,
        default=MAX_SECONDS,
        help="longer utterances cannot be used; the memory of an encoder grows with the square of the length",
    )


def audio_format_argument(parser, default: str = FLAC) -> None:
    """Adds ``--audio_format``, for commands that write audio.

    Args:
        parser: takes the option.
        default: what is written without it.
    """
    parser.add_argument(
        "--audio_format",
        choices=AUDIO_FORMATS,
        default=default,
        help="how audio is stored: a FLAC per utterance, unless its file is as wanted, or arks of about 500 MB",
    )


def pipe_arguments(parser) -> None:
    """Adds ``--allow_pipe``, for commands that read corpora as they are."""
    parser.add_argument("--allow_pipe", action="store_true", help="run the entries of wav.scp that are shell pipes")


def label_map_arguments(parser, required: bool = False) -> None:
    """Adds ``--label_map``, which names a map of labels; see `c2ser.data.label_maps.find_label_map`.

    Args:
        parser: takes the option.
        required: it has to be given; otherwise the map is ``own``.
    """
    parser.add_argument(
        "--label_map",
        required=required,
        default="own",
        help="own: the corpus's classes; paper: angry, happy, neutral, sad, surprised, disgusted, fearful; iemocap4: "
        "angry, happy with excited, neutral, sad; or a YAML file with lines such as 'calm: neutral' and 'bored: null'. "
        "What is merged or left out is counted in the log",
    )


def journal_arguments(parser, default: str) -> None:
    """Adds ``--journal``, for commands that go on where an interrupted one stopped.

    Args:
        parser: takes the option.
        default: the file below ``--output_dir`` that is used without it.
    """
    parser.add_argument(
        "--journal",
        help="file NAME.jsonl of finished utterances; others in its folder are read too, so that jobs may share it; "
        f"by default {default} in --output_dir",
    )


def part_argument(parser, what: str) -> None:
    """Adds ``--part``, for commands whose work may be shared by jobs.

    Args:
        parser: takes the option.
        what: is shared.
    """
    parser.add_argument(
        "--part",
        type=part,
        metavar="K/N",
        help=f"only answer the K-th of N parts of the {what}, which jobs may do at the same time; the same call "
        "without --part then sums up",
    )


def answer_arguments(parser) -> None:
    """Adds ``--mode`` and how answers are generated; see `answer_options`."""
    parser.add_argument(
        "--mode", choices=("explicit", "implicit"), default="implicit", help="answer with a rationale, or without"
    )
    parser.add_argument(
        "--num_beams",
        type=positive_int,
        help="beams of the search, 1 for greedy; the release uses 4; by default what the model was packed with, or 1",
    )
    parser.add_argument(
        "--top_k",
        type=non_negative_int,
        help="most probable tokens that each beam may continue with, 0 for all; the release's decoding comes to 2; by "
        "default what the model was packed with, or 0",
    )
    parser.add_argument(
        "--repetition_penalty",
        type=positive_float,
        help="above 1, repeated words are less likely; the release uses 1.05; by default what the model was packed "
        "with, or 1",
    )
    parser.add_argument(
        "--max_new_tokens",
        type=positive_int,
        help="limit of an answer's length; by default what the model was packed with, or one that suits the mode",
    )
    parser.add_argument(
        "--end_tokens",
        type=token_ids,
        metavar="ID,...",
        help="ids of the tokens that end an answer; by default what the model was packed with, or the end mark of its "
        "tokenizer",
    )
    parser.add_argument(
        "--constrained",
        action="store_true",
        help="conclude with the most likely emotion of the label set and nothing else; needs --mode implicit, or "
        "--reasons measured",
    )
    parser.add_argument(
        "--reasons",
        choices=("generated", "measured"),
        default="generated",
        help="of explicit answers: generated by the model, or measured levels and transcribed words, from which the "
        "model concludes; needs --mode explicit",
    )
    parser.add_argument(
        "--language",
        type=language_code,
        metavar="CODE",
        help="language of the speech, ISO 639-1, in which it is answered and scored: zh in Chinese, all else in "
        "English; by default the model chooses",
    )
    parser.add_argument("--prompt", help="what the model is asked; by default its own prompt of the mode")
    parser.add_argument(
        "--llm_float32",
        action="store_true",
        help="compute the language model in float32, so that its rounding does not depend on the batch; takes twice "
        "the memory of bfloat16, and more time where the hardware has bfloat16",
    )


def answer_options(args: argparse.Namespace) -> dict:
    """Returns the options of `answer_arguments` that were given, by the names of `C2SERRecognizer`.

    Raises:
        UsageError: they do not go together.
    """
    if args.reasons == "measured" and args.mode == "implicit":
        raise UsageError("--reasons measured is for answers with reasons; give --mode explicit")
    if args.mode == "explicit" and args.reasons == "generated" and args.constrained:
        raise UsageError("--constrained compares whole answers; give --mode implicit, or --reasons measured")
    given = {name: getattr(args, name) for name in ANSWERING}
    return {name: value for name, value in given.items() if value is not None and value is not False}


def generated_answer_options(args: argparse.Namespace, *, refusal: str) -> dict:
    """Returns the options of `answer_arguments` for a command that does not take ``--reasons measured``.

    Args:
        args: what was given.
        refusal: why it does not.

    Raises:
        UsageError: measured reasons are asked for, or options do not go together.
    """
    options = answer_options(args)
    if args.reasons == "measured":
        raise UsageError(f"--reasons measured: {refusal}; leave it out")
    del options["reasons"]
    return options


def checkpoint_argument(parser) -> None:
    """Adds ``--checkpoint``, which of an experiment's weights a command takes."""
    parser.add_argument(
        "--checkpoint",
        metavar="NAME",
        help="weights of the experiment of alm_train, by their file's name without .pth, such as 5epoch or latest; "
        "by default the averaged best ones",
    )


def corpus_emotions_argument(parser) -> None:
    """Adds ``--corpus_emotions``, which says what an utterance of each corpus may be answered with."""
    parser.add_argument(
        "--corpus_emotions",
        help="label sets of corpora, one '<corpus> <emotion> <emotion> ...' per line: an utterance is answered with an "
        "emotion of its corpus (utt2corpus)",
    )


def features_arguments(parser, name: str) -> None:
    """Adds ``--features``; see `given_features`.

    Args:
        parser: takes the option.
        name: what a file is named after.
    """
    parser.add_argument(
        "--features",
        nargs=2,
        metavar=("DIR", "ENCODER"),
        help=f"Emotion2Vec-S tokens that you have: a folder of numpy files <name>.npy of (10, D), named after {name}; "
        "and the Emotion2Vec-S that they are of, which has to be the model's, as --model of extract_emotion2vec takes "
        "it, or unknown, which is not checked",
    )


def given_features(args: argparse.Namespace, width: int):
    """Returns the `c2ser.systems.given_features.GivenFeatures` that ``--features`` names; None without it.

    Args:
        args: of `features_arguments`.
        width: features of a token that the model takes.

    Raises:
        InputError: the encoder cannot be loaded.
    """
    if args.features is None:
        return None
    from c2ser.emotion2vec import Emotion2Vec
    from c2ser.emotion2vec.extraction import feature_provenance
    from c2ser.systems.given_features import GivenFeatures

    folder, encoder = args.features
    unknown = encoder == "unknown"
    provenance = None if unknown else feature_provenance(Emotion2Vec.from_pretrained(encoder), "utterance")
    return GivenFeatures(Path(folder), width, encoder=provenance)


def vector_extractor(args: argparse.Namespace, layers=None):
    """Returns what extracts the vectors of a data directory into a folder, by an encoder that is loaded once.

    Args:
        args: has ``encoder`` and ``dtype``, and the options of `audio_arguments`, `batch_arguments` and
            `device_arguments`.
        layers: number of the encoder's layer, or numbers; None for its output.

    Returns:
        A function of data directory and folder, which returns the path of the scp file.
    """
    from functools import cache

    import torch

    from c2ser.checkpoints.fingerprint import model_files_fingerprint
    from c2ser.encoders.utterance import load_encoder
    from c2ser.probe.extraction import extract_vectors

    dtype, chosen = getattr(torch, args.dtype), device(args)
    load = cache(lambda: load_encoder(args.encoder, layers, dtype=dtype, device=chosen))
    origin = model_files_fingerprint(args.encoder, layers, args.dtype)

    def extract(data_dir, output_dir):
        return extract_vectors(
            load,
            origin,
            data_dir=data_dir,
            output_dir=output_dir,
            batch_samples=batch_samples(args),
            skip_bad=args.skip_bad,
            max_seconds=args.max_seconds,
        )

    return extract
