"""What stands in the folder of a packed model, read without loading the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from c2ser.alm.config import ALMConfig
from c2ser.errors import InputError
from c2ser.lm.generation import Decoding
from c2ser.rationales.templates import ANSWERS, EMOTION
from c2ser.settings import build_from_mapping, read_settings

CONFIG, WEIGHTS, EMOTION2VEC, LLM = "config.yaml", "model.safetensors", "emotion2vec_s", "llm"

# Raised when an older c2ser could not read the folder, or would read it wrongly; folders without it are of version 1.
FORMAT_VERSION = 1
DECODING = ("num_beams", "top_k", "repetition_penalty", "max_new_tokens", "end_tokens")


@dataclass(frozen=True)
class Pack:
    """``config.yaml`` of a packed model.

    Attributes:
        alm: architecture; its language model is in the folder, or named by hub id or folder.
        emotions: the label set.
        decoding: keywords to generate with, of `DECODING`.
        answers: how the model words implicit answers, see `c2ser.rationales.templates.ANSWERS`, which a folder of an
            earlier version has; empty where that is not known.
    """

    alm: ALMConfig
    emotions: list[str]
    decoding: dict[str, Any]
    answers: dict[str, str]


def is_packed(path: str | Path) -> bool:
    """Returns whether a folder is meant to be a packed model: it has an ``emotion2vec_s``.

    Args:
        path: the folder.
    """
    return (Path(path) / EMOTION2VEC).is_dir()


def read_pack(folder: str | Path) -> Pack:
    """Reads the configuration of a packed model.

    Args:
        folder: the packed model's.

    Raises:
        InputError: it is not a packed model, or one that a newer version of c2ser wrote.

    Example:
        >>> read_pack("exp/packed").alm.llm  # doctest: +SKIP
        'Qwen/Qwen2-7B'
    """
    folder = Path(folder)
    path = folder / CONFIG
    if not path.is_file():
        raise InputError(f"{folder}: not a packed model, {CONFIG} is missing; python -m c2ser.bin.pack makes one")
    mapping = read_settings(path)
    version = mapping.get("format_version", 1)
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise InputError(f"{path}: format_version {version} is newer than {FORMAT_VERSION}; install a newer c2ser")
    if not isinstance(mapping.get("alm"), Mapping) or not isinstance(mapping.get("emotions"), list):
        raise InputError(
            f"{path}: not that of a packed model, it has no 'alm' and 'emotions'; python -m c2ser.bin.pack makes one "
            "of an experiment"
        )
    emotions = [str(name) for name in mapping["emotions"]]
    return Pack(
        _read_alm(folder, mapping["alm"]), emotions, _read_decoding(mapping, path), _read_answers(mapping, path)
    )


def read_weights(folder: str | Path) -> dict[str, Tensor]:
    """Reads the weights of a packed model.

    Args:
        folder: the packed model's.

    Returns:
        What `C2SERModel.trainable_state_dict` returned.

    Raises:
        InputError: the file is missing or broken.
    """
    path = Path(folder) / WEIGHTS
    if not path.is_file():
        raise InputError(f"{path}: no such file; copy the whole folder of the packed model again")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise InputError(f"{path}: broken, or a Git LFS pointer instead of the file ({error}); copy it again") from None


def _read_alm(folder: Path, mapping: Mapping) -> ALMConfig:
    _refuse_unknown(folder / CONFIG, "alm", mapping, [item.name for item in fields(ALMConfig)])
    config = build_from_mapping(ALMConfig, mapping, name="alm", file=folder / CONFIG)
    return replace(config, llm=str(folder / LLM)) if config.llm == LLM else config


def _read_decoding(mapping: Mapping, path: Path) -> dict[str, Any]:
    decoding = mapping.get("decoding") or {}
    _refuse_unknown(path, "decoding", decoding, DECODING)
    build_from_mapping(Decoding, decoding, name="decoding", file=path)
    return dict(decoding)


def _read_answers(mapping: Mapping, path: Path) -> dict[str, str]:
    answers = mapping.get("answers", ANSWERS)
    if not answers:
        return {}
    _refuse_unknown(path, "answers", answers, [*ANSWERS])
    for language in ANSWERS:
        if EMOTION not in str(answers.get(language)):
            languages = ", ".join(ANSWERS)
            raise InputError(
                f"{path}: answers: '{language}' is not an answer with {EMOTION} in it; give one for each of {languages}"
            )
    return dict(answers)


def _refuse_unknown(path: Path, section: str, mapping: Mapping, known: Sequence[str]) -> None:
    unknown = sorted(set(mapping) - set(known)) if isinstance(mapping, Mapping) else [str(mapping)]
    if unknown:
        raise InputError(
            f"{path}: {section}: unknown '{unknown[0]}'; known are {', '.join(known)}; does a newer c2ser know it?"
        )
