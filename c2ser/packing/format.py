"""``config.yaml`` of a packed model: its format, read without loading the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from c2ser.alm.config import ALMConfig
from c2ser.checkpoints.pretrained import is_hub_id
from c2ser.errors import InputError
from c2ser.lm.generation import Decoding
from c2ser.packing.base_models import LLM
from c2ser.packing.manifest import MANIFEST, verify_manifest
from c2ser.rationales.templates import ANSWERS, EMOTION
from c2ser.settings import build_from_mapping, read_settings

CONFIG, EMOTION2VEC = "config.yaml", "emotion2vec_s"

# Raised when an older c2ser could not read the folder, or would read it wrongly; folders without it are of version 1.
# 2: there are checksums, and a language that the model does not answer in may lack its wording.
FORMAT_VERSION = 2
DECODING = ("num_beams", "top_k", "repetition_penalty", "max_new_tokens", "end_tokens")


@dataclass(frozen=True)
class Pack:
    """``config.yaml`` of a packed model.

    Attributes:
        alm: architecture; its language model is in the folder, or named by hub id or folder.
        emotions: the label set.
        decoding: keywords to generate with, of `DECODING`.
        answers: how the model words implicit answers in the languages that it answers in, see
            `c2ser.rationales.templates.ANSWERS`, which a folder of an earlier version has; empty where that is not
            known.
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


def read_pack(folder: str | Path, llm: str | None = None) -> Pack:
    """Reads the configuration of a packed model.

    Args:
        folder: the packed model's.
        llm: hub id or folder of its language model, instead of the one that the configuration names.

    Raises:
        InputError: it is not a packed model, one that a newer version of c2ser wrote, or one that names a base model
            by a path out of its folder.

    Example:
        >>> read_pack("exp/packed").alm.llm  # doctest: +SKIP
        'Qwen/Qwen2-7B'
    """
    folder = Path(folder)
    path = folder / CONFIG
    if not path.is_file():
        raise InputError(f"{folder}: not a packed model, {CONFIG} is missing; python -m c2ser.bin.pack makes one")
    mapping = read_settings(path)
    _read_version(mapping, path)
    if not isinstance(mapping.get("alm"), Mapping) or not isinstance(mapping.get("emotions"), list):
        raise InputError(
            f"{path}: not that of a packed model, it has no 'alm' and 'emotions'; python -m c2ser.bin.pack makes one "
            "of an experiment"
        )
    emotions = [str(name) for name in mapping["emotions"]]
    return Pack(
        _read_alm(folder, mapping["alm"], llm), emotions, _read_decoding(mapping, path), _read_answers(mapping, path)
    )


def verify_files(folder: str | Path) -> None:
    """Checks that the files of a packed model are those that were packed; those of version 1 have no checksums.

    Args:
        folder: the packed model's.

    Raises:
        InputError: they are not, or a newer version of c2ser wrote them.

    Example:
        >>> verify_files("exp/packed")  # doctest: +SKIP
    """
    path = Path(folder) / CONFIG
    if _read_version(read_settings(path), path) > 1 or (path.parent / MANIFEST).exists():
        verify_manifest(folder)


def _read_version(mapping: Mapping, path: Path) -> int:
    version = mapping.get("format_version", 1)
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise InputError(f"{path}: format_version {version} is newer than {FORMAT_VERSION}; install a newer c2ser")
    return version


def _read_alm(folder: Path, mapping: Mapping, llm: str | None) -> ALMConfig:
    path = folder / CONFIG
    _refuse_unknown(path, "alm", mapping, [item.name for item in fields(ALMConfig)])
    config = build_from_mapping(ALMConfig, mapping, name="alm", file=path)
    if llm is not None:
        config = replace(config, llm=llm)
    elif not is_hub_id(config.llm):
        raise InputError(
            f"{path}: llm '{config.llm}' is a path out of the folder, which no model may read from; if you trust it, "
            f"pack the model again: python -m c2ser.bin.pack --packed {folder} --llm {config.llm} --output_dir NEW"
        )
    if isinstance(config.whisper, str) and not is_hub_id(config.whisper):
        raise InputError(
            f"{path}: whisper '{config.whisper}' is a path out of the folder, which no model may read from"
        )
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
    for language in answers:
        if EMOTION not in str(answers[language]):
            raise InputError(f"{path}: answers: '{language}' is not an answer with {EMOTION} in it")
    return dict(answers)


def _refuse_unknown(path: Path, section: str, mapping: Mapping, known: Sequence[str]) -> None:
    unknown = sorted(set(mapping) - set(known)) if isinstance(mapping, Mapping) else [str(mapping)]
    if unknown:
        raise InputError(
            f"{path}: {section}: unknown '{unknown[0]}'; known are {', '.join(known)}; does a newer c2ser know it?"
        )
