"""A page to look at before training: what the data holds, how it sounds by emotion, what looks wrong."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from c2ser.acoustics.levels import ATTRIBUTES, Thresholds
from c2ser.cot.targets import THRESHOLDS_NAME
from c2ser.data.files import atomic_write
from c2ser.emotions import EMOTIONS, read_emotions
from c2ser.inspection import checks, plots, tables
from c2ser.inspection.samples import choose_samples
from c2ser.inspection.sets import LEVEL_WORDS, NONE, DataSet, read_data_sets

PAGE_NAME = "data.html"
LABELS = {"pitch": "pitch (mean F0, Hz)", "energy": "energy (loudness, LUFS)", "rate": "rate (phonemes/s)"}
BINS = 40


class Figure(NamedTuple):
    """A picture: what stands above it, what it shows, its data URI."""

    caption: str
    shows: str
    source: str


def write_page(
    data_dirs: Sequence[str | Path],
    output: str | Path | None = None,
    emotions: str | Path | None = None,
    samples: int = 3,
) -> tuple[Path, str]:
    """Writes the page, one HTML file that needs nothing else but, to be heard, the audio where it lies.

    Args:
        data_dirs: sets of any stage, the training set first.
        output: the page; by default ``data.html`` beside the first set.
        emotions: the file of the label set; by default ``emotions`` beside the first set, or without it the emotions
            that the sets have.
        samples: utterances of each emotion and set to show.

    Returns:
        Where the page is, and its summary as plain text: counts and warnings.

    Raises:
        InputError: a directory is not whole or empty, or a file is faulty.
    """
    sets = read_data_sets(data_dirs)
    output = Path(output or sets[0].directory.parent / PAGE_NAME)
    label_set = _label_set(sets, emotions)
    shown = [
        name for name in EMOTIONS if name in label_set or any(data_set.emotion.counts()[name] for data_set in sets)
    ]
    bounds = _bounds(sets)
    warnings = checks.find_warnings(sets, label_set)
    html = _template().render(
        sets=sets,
        emotions=shown,
        warnings=warnings,
        colours=plots.EMOTION_COLOURS,
        level_colours=plots.LEVEL_COLOURS,
        overview=tables.overview(sets),
        emotion_counts=tables.emotion_counts(sets, shown),
        language_counts={
            s.name: tables.language_counts(s, shown) for s in sets if s.language and len(s.language.names) > 1
        },
        durations=tables.durations(sets),
        longest={s.name: tables.longest(s) for s in sets if s.durations is not None},
        histograms=_histograms(sets),
        min_seconds=checks.MIN_SECONDS,
        max_seconds=checks.MAX_SECONDS,
        bounds=bounds,
        attributes=_attributes(sets, bounds),
        levels=_levels(sets),
        undefined=tables.undefined(sets),
        rewriting={s.name: tables.rewriting(s) for s in sets if s.rewriting},
        reasons={s.name: tables.reasons(s) for s in sets if s.reasons},
        samples={s.name: choose_samples(s, samples, output.absolute().parent) for s in sets},
    )
    with atomic_write(output) as file:
        file.write(html)
    return output, tables.summary(sets, shown, warnings)


def _label_set(sets: Sequence[DataSet], path: str | Path | None) -> list[str]:
    beside = sets[0].directory.parent / "emotions"
    if path or beside.is_file():
        return read_emotions(path or beside)
    return [name for name in EMOTIONS if any(data_set.emotion.counts()[name] for data_set in sets)]


def _template():
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _bounds(sets: Sequence[DataSet]) -> Mapping[str, tuple[float, float]]:
    """Returns attribute -> bounds of its medium level, of the first set that has thresholds: the training set."""
    for data_set in sets:
        path = data_set.directory / THRESHOLDS_NAME
        if path.exists():
            return dict(zip(ATTRIBUTES, Thresholds.load(path).bounds))
    return {}


def _histograms(sets: Sequence[DataSet]) -> list[Figure]:
    known = {s.name: s.durations[s.durations > 0] for s in sets if s.durations is not None}
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


def _attributes(sets: Sequence[DataSet], bounds: Mapping[str, tuple[float, float]]) -> dict[str, list[Figure]]:
    """Returns attribute -> a picture of boxes by emotion for each set, their axes the same."""
    figures = {}
    for number, attribute in enumerate(ATTRIBUTES):
        by_set = {s.name: _quantiles(s, number) for s in sets if s.attributes is not None}
        by_set = {name: quantiles for name, quantiles in by_set.items() if quantiles}
        if by_set:
            ends = [value for quantiles in by_set.values() for values in quantiles.values() for value in values]
            ends += [bound for bound in bounds.get(attribute, ()) if np.isfinite(bound)]
            margin = 0.04 * (max(ends) - min(ends)) or 1
            limits = min(ends) - margin, max(ends) + margin
            label = LABELS[attribute]
            figures[label] = [
                Figure(
                    name, f"{label} of {name} by emotion", plots.boxes(quantiles, label, limits, bounds.get(attribute))
                )
                for name, quantiles in by_set.items()
            ]
    return figures


def _quantiles(data_set: DataSet, number: int) -> dict[str, list[float]]:
    values = data_set.attributes[:, number]
    quantiles = {}
    for code, emotion in enumerate(data_set.emotion.names):
        own = values[(data_set.emotion.codes == code) & np.isfinite(values)]
        if own.size:
            quantiles[emotion] = np.quantile(own, plots.BOX_QUANTILES).tolist()
    return quantiles


def _levels(sets: Sequence[DataSet]) -> dict[str, list[Figure]]:
    """Returns attribute -> a picture of the levels' shares by emotion for each set."""
    figures = {}
    for number, attribute in enumerate(ATTRIBUTES):
        by_set = {s.name: _shares(s, number) for s in sets if s.levels is not None and (s.emotion.codes != NONE).any()}
        if by_set:
            figures[LABELS[attribute]] = [
                Figure(name, f"Levels of {attribute} in {name} by emotion", plots.level_shares(shares))
                for name, shares in by_set.items()
            ]
    return figures


def _shares(data_set: DataSet, number: int) -> dict[str, np.ndarray]:
    counts = {
        emotion: np.bincount(data_set.levels[data_set.emotion.codes == code, number], minlength=len(LEVEL_WORDS))
        for code, emotion in enumerate(data_set.emotion.names)
    }
    return {emotion: found / found.sum() for emotion, found in counts.items() if found.any()}
