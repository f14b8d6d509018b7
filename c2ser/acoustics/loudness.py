"""Loudness of an utterance in LUFS (ITU-R BS.1770-4), by pyloudnorm."""

import math
import warnings
from functools import cache

import numpy as np

from c2ser.acoustics.undefined import Undefined

BLOCK_SECONDS = 0.4


def integrated_loudness(waveform: np.ndarray, sample_rate: int) -> float:
    """Measures the gated loudness; an utterance shorter than the standard's block of 0.4 s is one block by itself.

    Args:
        waveform: (samples,), mono, full scale 1.
        sample_rate: Hz.

    Returns:
        LUFS.

    Raises:
        Undefined: every block is below the standard's absolute gate of -70 LUFS.
    """
    seconds = len(waveform) / sample_rate
    # a hair below its length, or rounding makes the block longer than the utterance
    meter = _meter(sample_rate) if seconds >= BLOCK_SECONDS else _new_meter(sample_rate, np.nextafter(seconds, 0))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # silence: logarithms of zero, means of nothing
        loudness = float(meter.integrated_loudness(waveform))
    if not math.isfinite(loudness):
        raise Undefined("all below -70 LUFS")
    return loudness


def _new_meter(sample_rate: int, block_seconds: float):
    import pyloudnorm

    return pyloudnorm.Meter(sample_rate, block_size=block_seconds)


@cache
def _meter(sample_rate: int):
    return _new_meter(sample_rate, BLOCK_SECONDS)
