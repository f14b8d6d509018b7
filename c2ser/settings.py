"""Settings that come from YAML."""

from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import TypeVar

import yaml

from c2ser.errors import InputError

Settings = TypeVar("Settings")


def read_settings(path: str | Path) -> dict:
    """Reads a YAML file.

    Raises:
        InputError: it is no YAML mapping.
    """
    try:
        mapping = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: no YAML ({' '.join(str(error).split())})") from error
    if not isinstance(mapping, dict):
        raise InputError(f"{path}: no YAML mapping")
    return mapping


def settings(function: Callable[..., Settings], mapping: Mapping, name: str) -> Settings:
    """Calls a class or function with the mapping that stands under ``name`` in a configuration as its keywords.

    Raises:
        InputError: it is no mapping, or a key is unknown.
    """
    known = list(signature(function).parameters)
    if not isinstance(mapping, Mapping):
        raise InputError(f"{name}: {str(mapping)!r} is no mapping; known keys are {', '.join(known)}")
    unknown = sorted(set(mapping) - set(known))
    if unknown:
        raise InputError(f"{name}: unknown key '{unknown[0]}'; known are {', '.join(known)}")
    return function(**mapping)


def torch_dtype(name: str, option: str):
    """Returns the dtype of a name such as ``bfloat16`` that stands under ``option`` in a configuration.

    Raises:
        InputError: there is none.
    """
    import torch

    dtype = getattr(torch, str(name), None)
    if not isinstance(dtype, torch.dtype):
        raise InputError(f"{option}: '{name}' is no type of weights; give float32, bfloat16 or float16")
    return dtype
