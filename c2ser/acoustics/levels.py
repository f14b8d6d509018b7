"""Levels of attributes (low, medium, high) relative to the training set: mean ± standard deviation, as in the paper."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from c2ser.data.files import atomic_write
from c2ser.errors import InputError

ATTRIBUTES = ("pitch", "energy", "rate")
LEVELS = ("low", "medium", "high")
UNKNOWN = "nan"
MIN_GROUP_VALUES = 5
# A medium level lies within mean ± standard deviation, as 0.683 of a normal distribution do; 0.159 lie above, as many
# below. With weights in this ratio low, medium and high count alike.
MEDIUM_RATIO = 0.159 / 0.683

Bounds = dict[str, tuple[float, float]]  # attribute -> (low, high), the bounds of its medium level


@dataclass(frozen=True)
class Thresholds:
    """Bounds of the medium level, for the whole training set and optionally for groups of utterances.

    Attributes:
        pooled: bounds of the whole training set; nan for attributes without values.
        by: the criterion of the groups, such as ``speaker``; None without groups.
        groups: group -> bounds of the attributes for which it has at least `MIN_GROUP_VALUES` values.

    Example:
        >>> thresholds = Thresholds.fit([(100, -30, 10), (200, -20, 14)])
        >>> thresholds.levels((250, -25, 9))
        ('high', 'medium', 'low')
    """

    pooled: Bounds
    by: str | None = None
    groups: Mapping[str, Bounds] = field(default_factory=dict)

    @classmethod
    def fit(
        cls, values: Iterable[Sequence[float]], by: str | None = None, *, groups: Iterable[str | None] = ()
    ) -> "Thresholds":
        """Computes mean - std and mean + std (of the population) of all utterances and of each group, ignoring nan.

        Args:
            values: attributes of each utterance (N, 3), in the order of `ATTRIBUTES`.
            by: the criterion of the groups; None for no groups.
            groups: with ``by``, the group of each utterance, None if unknown.
        """
        table = np.fromiter(values, dtype=(np.float64, len(ATTRIBUTES)))
        pooled = _mean_and_std_bounds(table, min_values=1)
        unknown = dict.fromkeys(ATTRIBUTES, (math.nan, math.nan))
        if by is None:
            return cls(unknown | pooled)
        rows: dict[str, list[int]] = {}
        for row, group in enumerate(groups):
            if group is not None:
                rows.setdefault(group, []).append(row)
        own = {group: _mean_and_std_bounds(table[rows[group]], MIN_GROUP_VALUES) for group in sorted(rows)}
        return cls(unknown | pooled, by, {group: bounds for group, bounds in own.items() if bounds})

    @classmethod
    def load(cls, path: str | Path) -> "Thresholds":
        """Reads a file written by `save`.

        Args:
            path: the file.

        Raises:
            InputError: the file does not exist or does not contain thresholds.
        """
        try:
            read = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_SafeLoader)
            pooled = _read_bounds({name: read[name] for name in ATTRIBUTES})
            groups = {group: _read_bounds(bounds) for group, bounds in read.get("groups", {}).items()}
            return cls(pooled, read.get("by"), groups)
        except FileNotFoundError:
            raise InputError(
                f"{path}: no such file; build_cot writes it for the training set, run that first"
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"{path}: not a file of thresholds ({reason}); run build_cot for the training set again"
            ) from None

    def save(self, path: str | Path) -> None:
        """Writes ``low`` and ``high`` of each attribute and, with groups, ``by`` and the bounds of each group, as YAML.

        Args:
            path: the file; it is written atomically.
        """
        content: dict[str, object] = _written_bounds(self.pooled)
        if self.by is not None:
            groups = {group: _written_bounds(bounds) for group, bounds in self.groups.items()}
            content |= {"by": self.by, "groups": groups}
        with atomic_write(path) as file:
            yaml.dump(content, file, Dumper=_SafeDumper, sort_keys=False, allow_unicode=True)

    def levels(self, values: Sequence[float], group: str | None = None) -> tuple[str, ...]:
        """Returns the level of each attribute of an utterance.

        Args:
            values: the attributes, in the order of `ATTRIBUTES`.
            group: the utterance's group; pooled bounds are used where it has none of its own.

        Returns:
            One of `LEVELS` per attribute, or ``nan`` if utterance or training set lack the attribute.
        """
        bounds = self.pooled | self.groups.get(group, {})
        return tuple(_level(value, *bounds[name]) for name, value in zip(ATTRIBUTES, values))

    def takes_pooled(self, values: Sequence[float], group: str | None) -> bool:
        """Returns whether there are groups but pooled bounds determine one of the utterance's levels."""
        own = self.groups.get(group, {})
        return self.by is not None and any(
            name not in own and not math.isnan(value) for name, value in zip(ATTRIBUTES, values)
        )


def parse_levels(value: str) -> tuple[str, ...]:
    """Parses a value of the table of levels.

    Raises:
        ValueError: it is not three levels.

    Example:
        >>> parse_levels("low nan high")
        ('low', 'nan', 'high')
    """
    levels = tuple(value.split())
    if len(levels) != len(ATTRIBUTES) or not _KNOWN.issuperset(levels):
        raise ValueError(f"'{value}' should be three of {', '.join((*LEVELS, UNKNOWN))}; run build_cot again")
    return levels


_KNOWN = {*LEVELS, UNKNOWN}

# libyaml's versions, where available, are ten times faster, which matters with thousands of speakers.
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SafeDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _mean_and_std_bounds(table: np.ndarray, min_values: int) -> Bounds:
    """Returns the bounds of the attributes (N, 3) that have at least ``min_values`` values."""
    columns = {name: column[np.isfinite(column)] for name, column in zip(ATTRIBUTES, table.T)}
    return {
        name: (float(column.mean() - column.std()), float(column.mean() + column.std()))
        for name, column in columns.items()
        if len(column) >= min_values
    }


def _written_bounds(bounds: Bounds) -> dict[str, object]:
    return {name: {"low": low, "high": high} for name, (low, high) in bounds.items()}


def _read_bounds(written: Mapping) -> Bounds:
    return {name: (float(pair["low"]), float(pair["high"])) for name, pair in written.items()}


def _level(value: float, low: float, high: float) -> str:
    if math.isnan(value) or math.isnan(low):
        return UNKNOWN
    return LEVELS[0] if value < low else LEVELS[2] if value > high else LEVELS[1]
