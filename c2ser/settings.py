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


def read_config(path: str | Path) -> dict:
    """Reads the YAML of a training, which may hold only what differs from another one.

    The key ``base`` names the other file, relative to this one. Mappings are merged key by key; other values replace
    those of the base.

    Args:
        path: the YAML file.

    Returns:
        The whole configuration, without ``base``.

    Raises:
        InputError: a file is not a YAML mapping, a base does not exist, or files are based on each other.

    Example:
        >>> read_config("conf/tiny/alm_implicit.yaml")["explicit_probability"]  # of which alm.yaml is the base
        [1.0, 0.0]
    """
    layers, files = [], [Path(path)]
    while True:
        layers.append(read_settings(files[-1]))
        base = layers[-1].pop("base", None)
        if base is None:
            break
        files.append(files[-1].parent / str(base))
        if not files[-1].is_file():
            raise InputError(f"{files[-2]}: base '{base}' is not a file; its path is relative to this file")
        if any(files[-1].samefile(file) for file in files[:-1]):
            raise InputError(f"{files[-2]}: base '{base}' is based on this file; one of them must stand alone")
    config: dict = {}
    for layer in reversed(layers):
        config = _merge(config, layer)
    return config


def _merge(base: Mapping, changes: Mapping) -> dict:
    """Returns ``base`` with ``changes``; mappings under the same key are merged, too."""
    merged = dict(base)
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


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
