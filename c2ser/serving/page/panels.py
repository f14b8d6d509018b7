"""Pitch and loudness over time, as the page shows them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from c2ser.acoustics.levels import ATTRIBUTES, Thresholds
from c2ser.data.decode import Recording
from c2ser.inspection.answer_samples import UNITS, with_unit
from c2ser.serving.page.curves import Curve, loudness_curve, pitch_curve
from c2ser.serving.page.drawing import Scale, curve_path
from c2ser.serving.page.parts import Part

RANGE_LU = 40.0  # of loudness that is shown; pauses would flatten all else


@dataclass(frozen=True)
class Mean:
    """A mean of a part, to be drawn into a curve.

    Attributes:
        start, width: as fractions of the recording.
        height: from 0 at the top to 100.
        text: with its unit.
    """

    start: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Panel:
    """A curve.

    Attributes:
        name, unit: of what it shows.
        path: of SVG.
        ends: texts of the axis: its highest and its lowest value.
        band: top and height of the medium level, from 0 to 100; None where it is not known.
        means: of the parts.
    """

    name: str
    unit: str
    path: str
    ends: tuple[str, str]
    band: tuple[float, float] | None
    means: Sequence[Mean]


def panels_of(recording: Recording, parts: Sequence[Part], *, thresholds: Thresholds | None) -> list[Panel]:
    """Returns the curves of a recording, without those that are undefined throughout.

    Args:
        recording: the audio.
        parts: of its answer.
        thresholds: what low, medium and high are; None where that is not known.

    Raises:
        ImportError: what measures is not installed.
    """
    curves = {"pitch": pitch_curve(recording), "energy": loudness_curve(recording)}
    bounds = {} if thresholds is None else thresholds.pooled
    return [
        _panel(name, curve, parts=parts, bounds=bounds.get(name, (math.nan, math.nan)))
        for name, curve in curves.items()
        if curve
    ]


def _panel(name: str, curve: Curve, *, parts: Sequence[Part], bounds: tuple[float, float]) -> Panel:
    means = [(part, value) for part in parts if math.isfinite(value := _mean_of(part, name))]
    scale = _scale(name, [*curve.values, *(value for _, value in means), *bounds])
    top, bottom = (None, None) if math.isnan(bounds[0]) else map(scale.height, bounds[::-1])
    return Panel(
        name={"pitch": "Pitch", "energy": "Loudness"}[name],
        unit=UNITS[name],
        path=curve_path(curve, scale),
        ends=(f"{scale.high:.0f}", f"{scale.low:.0f}"),
        band=None if top is None else (top, bottom - top),
        means=[
            Mean(part.start, part.end - part.start, scale.height(value), with_unit(name, value))
            for part, value in means
        ],
    )


def _mean_of(part: Part, name: str) -> float:
    return math.nan if part.measured is None else part.measured.attributes[ATTRIBUTES.index(name)]


def _scale(name: str, values: Sequence[float]) -> Scale:
    finite = [value for value in values if math.isfinite(value)]
    if name == "pitch":
        return Scale(min(finite) / 1.1, max(finite) * 1.1, is_log=True)
    return Scale(max(min(finite), max(finite) - RANGE_LU) - 3, max(finite) + 3)
