"""Outlines and curves as SVG paths in a box of 1000 by 100, which the page stretches to its width."""

import math
from dataclasses import dataclass

import numpy as np

from c2ser.serving.page.curves import Curve

WIDTH, HEIGHT = 1000, 100
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)  # seconds between two marks
MOST_TICKS = 8


@dataclass(frozen=True)
class Scale:
    """The vertical axis of a curve.

    Attributes:
        low, high: its ends.
        is_log: whether equal ratios have equal heights.
    """

    low: float
    high: float
    is_log: bool = False

    def height(self, value: float) -> float:
        """Returns where a value is, from 0 at the top to 100 at the bottom.

        Example:
            >>> round(Scale(100, 400, is_log=True).height(200))
            50
        """
        low, high = (math.log(end) if self.is_log else end for end in (self.low, self.high))
        place = math.log(value) if self.is_log else value
        return min(max(HEIGHT * (high - place) / (high - low), 0.0), float(HEIGHT))


def outline_path(peaks: np.ndarray, span: tuple[float, float] = (0.0, 1.0)) -> str:
    """Returns the path of a part of an outline, mirrored at the middle.

    Args:
        peaks: (N,), from 0 to 1.
        span: start and end of the part, as fractions.

    Example:
        >>> outline_path(np.array([0.5, 1.0]))
        'M0 25 L500 0 L1000 0 L1000 100 L500 100 L0 75Z'
    """
    start, end = span
    first, last = int(start * len(peaks)), max(int(round(end * len(peaks))), int(start * len(peaks)) + 1)
    places = [start * WIDTH, *(index / len(peaks) * WIDTH for index in range(first + 1, last)), end * WIDTH]
    halves = [HEIGHT / 2 * max(float(peak), 0.01) for peak in [*peaks[first:last], peaks[last - 1]]]
    above = [(x, HEIGHT / 2 - half) for x, half in zip(places, halves)]
    below = [(x, HEIGHT / 2 + half) for x, half in zip(places, halves)]
    return "M" + " L".join(f"{x:.4g} {y:.3g}" for x, y in above + below[::-1]) + "Z"


def curve_path(curve: Curve, scale: Scale) -> str:
    """Returns the path of a curve, which is interrupted where it is undefined.

    Example:
        >>> curve_path(Curve(np.array([0, 0.5, 0.75, 1]), np.array([1, 2, np.nan, 1.5])), Scale(1, 2))
        'M0 100 L500 0 M1000 50 h.1'
    """
    strokes: list[list[str]] = [[]]
    for time, value in zip(curve.times, curve.values):
        if math.isnan(value):
            strokes.append([])
        else:
            strokes[-1].append(f"{time * WIDTH:.4g} {scale.height(value):.3g}")
    # A single point gets a little width, or nothing of it would be seen.
    return " ".join("M" + " L".join(stroke) + (" h.1" if len(stroke) == 1 else "") for stroke in strokes if stroke)


def ticks(seconds: float) -> list[tuple[float, str]]:
    """Returns marks of a time axis: each as a fraction of the duration, and its text.

    Example:
        >>> ticks(2.5)
        [(0.0, '0'), (0.2, '0.5'), (0.4, '1'), (0.6, '1.5'), (0.8, '2'), (1.0, '2.5')]
        >>> ticks(300)[-1]
        (1.0, '5:00')
    """
    step = next((step for step in TICKS if seconds / step <= MOST_TICKS), TICKS[-1])
    times = [number * step for number in range(int(seconds / step + 1e-9) + 1)]
    return [(round(time / seconds, 4), clock(time) if step >= 15 else f"{time:g}") for time in times]


def clock(seconds: float) -> str:
    """Returns a time in minutes and seconds.

    Example:
        >>> clock(75.2)
        '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
