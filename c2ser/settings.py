"""Settings that come from YAML: read, checked, and turned into objects."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from c2ser.annotations import construct, convert_keywords
from c2ser.errors import InputError

Built = TypeVar("Built")


class SettingsError(InputError):
    """All faults of a configuration.

    Args:
        faults: one line per fault.
    """

    def __init__(self, faults: Sequence[str]):
        super().__init__("\n".join(faults))
        self.faults = list(faults)


def read_settings(path: str | Path) -> dict:
    """Reads a YAML file.

    Raises:
        InputError: it is not a YAML mapping.
    """
    try:
        mapping = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(mapping, dict):
        raise InputError(f"{path}: not a YAML mapping")
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
        ...  # doctest: +SKIP
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


def build_from_mapping(
    target: Callable[..., Built], mapping: Mapping, *, name: str = "", file: str | Path | None = None
) -> Built:
    """Calls a class or function with a mapping of a configuration as its keywords.

    Args:
        target: the class or function, whose annotations say what is valid; see `c2ser.annotations`.
        mapping: keyword -> value.
        name: the path of the mapping in the configuration, which messages name.
        file: the configuration's file, which messages begin with.

    Raises:
        SettingsError: it is not a mapping, a key is unknown or missing, or a value is of the wrong type.

    Example:
        >>> build_from_mapping(ConnectorConfig, {"heads": 8}).heads  # doctest: +SKIP
        8
    """
    faults: list[str] = []
    if is_dataclass(target):
        built = construct(mapping, target, name=name, faults=faults)
    else:
        keywords = convert_keywords(mapping, target, name=name, faults=faults)
    if faults:
        raise SettingsError([f"{file}: {fault}" for fault in faults] if file else faults)
    return built if is_dataclass(target) else target(**keywords)


def check_fields(config: object) -> None:
    """Checks the fields of a dataclass against their annotations, also where it was not built from a mapping.

    Args:
        config: the dataclass.

    Raises:
        SettingsError: some are of a wrong type.
    """
    faults: list[str] = []
    convert_keywords(vars(config), type(config), name="", faults=faults)
    if faults:
        raise SettingsError(faults)


def require(*rules: tuple[bool, str]) -> None:
    """Checks rules between settings, such as sizes that must divide each other.

    Args:
        rules: whether each rule holds, and what to say if it does not.

    Raises:
        SettingsError: some do not hold.

    Example:
        >>> require((96 % 5 == 0, "dim 96 is not a multiple of heads, 5"))
        Traceback (most recent call last):
        c2ser.settings.SettingsError: dim 96 is not a multiple of heads, 5
    """
    broken = [message for holds, message in rules if not holds]
    if broken:
        raise SettingsError(broken)


def positive(config: object, *names: str) -> list[tuple[bool, str]]:
    """Returns the rules, for `require`, that these settings of an object are above 0."""
    values = {name: getattr(config, name) for name in names}
    return [(0 < value < math.inf, f"{name}: {value} is not a number above 0") for name, value in values.items()]


def fractions(config: object, *names: str) -> list[tuple[bool, str]]:
    """Returns the rules, for `require`, that these settings of an object are from 0 to 1."""
    return [(0 <= getattr(config, name) <= 1, f"{name}: {getattr(config, name)} is not from 0 to 1") for name in names]


def multiple(config: object, name: str, *divisors: str) -> list[tuple[bool, str]]:
    """Returns the rules, for `require`, that a setting of an object is a multiple of others, if those are above 0."""
    value, sizes = getattr(config, name), {divisor: getattr(config, divisor) for divisor in divisors}
    return [
        (value % size == 0, f"{name}: {value} is not a multiple of {divisor}, {size}")
        for divisor, size in sizes.items()
        if size > 0
    ]


def torch_dtype(name: str, option: str):
    """Returns PyTorch's dtype of a name.

    Args:
        name: such as ``bfloat16``.
        option: where the name stands in a configuration.

    Raises:
        InputError: there is no such dtype.
    """
    import torch

    dtype = getattr(torch, str(name), None)
    if not isinstance(dtype, torch.dtype):
        raise InputError(f"{option}: '{name}' is not a type of weights; give float32, bfloat16 or float16")
    return dtype
