"""The page's figures: their data and captions."""

import base64
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from c2ser.acoustics.levels import ATTRIBUTES, Thresholds
from c2ser.inspection import plots
from c2ser.inspection.sets import LEVEL_WORDS, DataSet
from c2ser.rationales.targets import THRESHOLDS_NAME

LABELS = {"pitch": "pitch (mean F0, Hz)", "energy": "energy (loudness, LUFS)", "rate": "rate (phonemes/s)"}
BINS = 40


class Figure(NamedTuple):
    """A figure of the page.

    Attributes:
        caption: text above it.
        shows: alternative text.
        source: its data URI.
    """

    caption: str
    shows: str
    source: str


def thresholds(sets: Sequence[DataSet]) -> Thresholds | None:
    """Reads the thresholds of the first set that has a file of them (the training set); None without any."""
    for data_set in sets:
        path = data_set.directory / THRESHOLDS_NAME
        if path.exists():
            return Thresholds.load(path)
    return None


def durations(sets: Sequence[DataSet]) -> list[Figure]:
    """Draws a histogram per set with known durations, all on the same axes."""
    known = {s.name: s.durations[s.durations > 0] for s in sets}
    known = {name: seconds for name, seconds in known.items() if seconds.size}
    if not known:
        return []
    low = min(seconds.min() for seconds in known.values())
    high = max(seconds.max() for seconds in known.values())
    edges = np.geomspace(low / 1.1, high * 1.1, BINS + 1)
    return [
        Figure(
            name, f"Histogram of durations of {name}", plots.duration_histogram(np.histogram(seconds, edges)[0], edges)
        )
        for name, seconds in known.items()
    ]


def attributes(sets: Sequence[DataSet], thresholds: Thresholds | None) -> dict[str, list[Figure]]:
    """Draws box plots by emotion per attribute and set, on the same axes, with the pooled bounds."""
    figures = {}
    bounds = {name: pair for name, pair in thresholds.pooled.items() if np.isfinite(pair).all()} if thresholds else {}
    for number, attribute in enumerate(ATTRIBUTES):
        by_set = {s.name: _quantiles(s, number) for s in sets}
        by_set = {name: quantiles for name, quantiles in by_set.items() if quantiles}
        if by_set:
            ends = [value for quantiles in by_set.values() for values in quantiles.values() for value in values]
            ends += bounds.get(attribute, ())
            margin = 0.04 * (max(ends) - min(ends)) or 1
            limits = min(ends) - margin, max(ends) + margin
            label = LABELS[attribute]
            figures[label] = [
                Figure(
                    name,
                    f"{label} of {name} by emotion",
                    plots.boxes(quantiles, label, limits=limits, bounds=bounds.get(attribute)),
                )
                for name, quantiles in by_set.items()
            ]
    return figures


def levels(sets: Sequence[DataSet]) -> dict[str, list[Figure]]:
    """Draws the levels' shares by emotion per attribute and set."""
    figures = {}
    for number, attribute in enumerate(ATTRIBUTES):
        figures[LABELS[attribute]] = [
            Figure(s.name, f"Levels of {attribute} in {s.name} by emotion", plots.level_shares(_shares(s, number)))
            for s in sets
        ]
    return figures


def precision(data_set: DataSet) -> list[Figure]:
    """Returns the precision plot that pseudo_label wrote, if there is one."""
    path = data_set.directory / "report.png"
    if not path.is_file():
        return []
    source = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
    return [Figure(data_set.name, f"Precision of the pseudo-labels of {data_set.name}", source)]


def _quantiles(data_set: DataSet, number: int) -> dict[str, np.ndarray]:
    values = {emotion: data_set.attributes[rows, number] for emotion, rows in data_set.by_emotion.items()}
    known = {emotion: own[np.isfinite(own)] for emotion, own in values.items()}
    return {emotion: np.quantile(own, plots.BOX_QUANTILES) for emotion, own in known.items() if own.size}


def _shares(data_set: DataSet, number: int) -> dict[str, np.ndarray]:
    return {
        emotion: np.bincount(data_set.levels[rows, number], minlength=len(LEVEL_WORDS)) / len(rows)
        for emotion, rows in data_set.by_emotion.items()
    }
