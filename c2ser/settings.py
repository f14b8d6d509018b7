"""Settings that come from YAML."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from c2ser.errors import InputError

Settings = TypeVar("Settings")


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
