"""Settings that come from YAML."""

from collections.abc import Mapping
from dataclasses import fields
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


def settings(cls: type[Settings], mapping: Mapping, name: str) -> Settings:
    """Builds the dataclass ``cls`` from the mapping that stands under ``name`` in a configuration.

    Raises:
        InputError: a key is unknown.
    """
    known = [field.name for field in fields(cls)]
    unknown = sorted(set(mapping) - set(known))
    if unknown:
        raise InputError(f"{name}: unknown key '{unknown[0]}'; known are {', '.join(known)}")
    return cls(**mapping)
