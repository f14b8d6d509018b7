"""Low, medium and high: attributes as words, relative to the training set (the paper: mean ± standard deviation)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from c2ser.data.files import atomic_write
from c2ser.errors import InputError

ATTRIBUTES = ("pitch", "energy", "rate")
LEVELS = ("low", "medium", "high")
UNKNOWN = "nan"


@dataclass(frozen=True)
class Thresholds:
    """Of each attribute, in `ATTRIBUTES`' order, the bounds (low, high) of the medium level."""

    bounds: tuple[tuple[float, float], ...]

    @classmethod
    def fit(cls, values: Iterable[Sequence[float]]) -> "Thresholds":
        """Computes mean - std and mean + std (of the population) of (utterances, 3) attributes; nan is left out."""
        table = np.fromiter(values, dtype=(np.float64, len(ATTRIBUTES)))
        return cls(tuple(_mean_and_std_bounds(column[np.isfinite(column)]) for column in table.T))

    @classmethod
    def load(cls, path: str | Path) -> "Thresholds":
        """Reads what `save` wrote.

        Raises:
            InputError: no such file, or not a file of thresholds.
        """
        try:
            read = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
            return cls(tuple((float(read[name]["low"]), float(read[name]["high"])) for name in ATTRIBUTES))
        except FileNotFoundError:
            raise InputError(
                f"{path}: no such file; build the training set's CoT data first, it writes the thresholds"
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"{path}: no file of thresholds ({reason}); build the training set's CoT data again"
            ) from None

    def save(self, path: str | Path) -> None:
        """Writes YAML, ``low`` and ``high`` of each attribute, whole or not at all."""
        bounds = {name: {"low": low, "high": high} for name, (low, high) in zip(ATTRIBUTES, self.bounds)}
        with atomic_write(path) as file:
            yaml.safe_dump(bounds, file, sort_keys=False)

    def levels(self, values: Sequence[float]) -> tuple[str, ...]:
        """Turns an utterance's attributes into levels; ``nan`` where the utterance or the training set lacks one."""
        return tuple(_level(value, low, high) for value, (low, high) in zip(values, self.bounds))


def _mean_and_std_bounds(values: np.ndarray) -> tuple[float, float]:
    if not values.size:
        return float("nan"), float("nan")
    mean, std = float(values.mean()), float(values.std())
    return mean - std, mean + std


def _level(value: float, low: float, high: float) -> str:
    if math.isnan(value) or math.isnan(low):
        return UNKNOWN
    return LEVELS[0] if value < low else LEVELS[2] if value > high else LEVELS[1]
