"""Loudness of utterances in LUFS (ITU-R BS.1770-4), by pyloudnorm."""

import math
import warnings
from functools import cache

import numpy as np

from c2ser.acoustics.undefined import Undefined

BLOCK_SECONDS = 0.4


def integrated_loudness(waveform: np.ndarray, sample_rate: int) -> float:
    """Measures the gated loudness; an utterance shorter than the standard's block of 0.4 s is a single block.

    Args:
        waveform: (N,), mono, full scale 1.
        sample_rate: in Hz.

    Returns:
        LUFS.

    Raises:
        Undefined: every block is below the standard's absolute gate of -70 LUFS.

    References:
        ITU-R BS.1770-4: Algorithms to measure audio programme loudness and true-peak audio level (2015).

    Example:
        >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
        >>> round(integrated_loudness(tone, 48000))
        -3
    """
    seconds = len(waveform) / sample_rate
    # slightly below the length, so that rounding does not make the block longer than the utterance
    meter = _meter(sample_rate) if seconds >= BLOCK_SECONDS else _new_meter(sample_rate, np.nextafter(seconds, 0))
    loudness = _measure(meter, waveform)
    if not math.isfinite(loudness):
        raise Undefined("all below -70 LUFS")
    return loudness


def momentary_loudness(waveform: np.ndarray, sample_rate: int, *, step: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Measures the loudness of blocks of 0.4 s.

    Args:
        waveform: (N,), mono, full scale 1.
        sample_rate: in Hz.
        step: seconds from a block to the next.

    Returns:
        Seconds (T,), of the blocks' middles, and LUFS (T,), nan where a block is digital silence; both are empty where
        the waveform is shorter than a block.

    Example:
        >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
        >>> seconds, loudness = momentary_loudness(tone, 48000)
        >>> round(float(seconds[0]), 2), round(float(loudness[20]))
        (0.2, -3)
    """
    if len(waveform) / sample_rate < BLOCK_SECONDS:
        return np.zeros(0), np.zeros(0)
    meter = _new_meter(sample_rate, BLOCK_SECONDS, overlap=1 - step / BLOCK_SECONDS)
    _measure(meter, waveform)
    loudness = np.array(meter.blockwise_loudness, dtype=float)
    seconds = BLOCK_SECONDS / 2 + step * np.arange(len(loudness))
    return seconds, np.where(np.isfinite(loudness), loudness, np.nan)


def _measure(meter, waveform: np.ndarray) -> float:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # silence: logarithms of zero, means of empty slices
        return float(meter.integrated_loudness(waveform))


def _new_meter(sample_rate: int, block_seconds: float, *, overlap: float = 0.75):
    import pyloudnorm

    return pyloudnorm.Meter(sample_rate, block_size=block_seconds, overlap=overlap)


@cache
def _meter(sample_rate: int):
    return _new_meter(sample_rate, BLOCK_SECONDS)
