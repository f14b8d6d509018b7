"""What the page draws of a recording over time: its outline, pitch and loudness, in as many points as can be seen."""

import warnings
from dataclasses import dataclass

import numpy as np

from c2ser.acoustics.loudness import BLOCK_SECONDS, momentary_loudness
from c2ser.acoustics.pitch import f0_contour
from c2ser.data.decode import Recording

COLUMNS = 600  # of the outline, and at most of a curve


@dataclass(frozen=True)
class Curve:
    """Values over time.

    Attributes:
        times: (T,), as fractions of the recording's duration.
        values: (T,), nan where undefined.
    """

    times: np.ndarray
    values: np.ndarray

    def __bool__(self) -> bool:
        return bool(np.isfinite(self.values).any())


def outline(recording: Recording) -> np.ndarray:
    """Returns the greatest amplitude of consecutive parts (`COLUMNS`,), relative to the greatest of all."""
    edges = np.linspace(0, len(recording.samples), COLUMNS + 1).astype(int)[:-1]
    peaks = np.maximum.reduceat(np.abs(recording.samples), np.minimum(edges, len(recording.samples) - 1))
    return peaks / max(peaks.max(), 1e-9)


def pitch_curve(recording: Recording) -> Curve:
    """Returns F0 in Hz.

    Example:
        >>> sawtooth = np.float32(np.arange(16000) % 160 / 80.0 - 1)
        >>> round(float(np.nanmedian(pitch_curve(Recording(sawtooth, 16000)).values)))
        100
    """
    return _thinned(*f0_contour(recording.samples, recording.sample_rate), recording.seconds)


def loudness_curve(recording: Recording) -> Curve:
    """Returns momentary loudness in LUFS."""
    step = min(max(0.02, recording.seconds / COLUMNS), BLOCK_SECONDS / 2)
    return _thinned(*momentary_loudness(recording.samples, recording.sample_rate, step=step), recording.seconds)


def _thinned(seconds: np.ndarray, values: np.ndarray, duration: float) -> Curve:
    """Takes the median of neighbours where there are more points than columns."""
    size = -(-len(values) // COLUMNS) or 1
    padded = np.full(-(-len(values) // size) * size, np.nan)
    padded[: len(values)] = values
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all unvoiced
        medians = np.nanmedian(padded.reshape(-1, size), axis=1)
    middle = (size - 1) / 2 * (seconds[1] - seconds[0]) if size > 1 else 0.0
    return Curve((seconds[::size] + middle) / duration, medians)
