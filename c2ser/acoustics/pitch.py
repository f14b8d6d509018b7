"""Pitch: mean fundamental frequency of utterances, by Praat or WORLD."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from c2ser.acoustics.undefined import Undefined

FRAME_SECONDS = 0.01
FLOOR, CEILING = 75.0, 600.0  # Hz; Praat's standard
DIO_RATE = 4000  # Hz; to which DIO decimates, as WORLD does in MATLAB


def mean_f0(waveform: np.ndarray, sample_rate: int, *, extractor: str = "praat") -> float:
    """Measures the mean F0 over voiced frames, 10 ms apart, between 75 and 600 Hz.

    Args:
        waveform: (N,), mono.
        sample_rate: in Hz.
        extractor: ``praat``, Praat's autocorrelation method with standard settings, or ``world``, WORLD's DIO refined
            by StoneMask.

    Returns:
        Hz.

    Raises:
        Undefined: no frame is voiced, or the utterance is shorter than Praat's window of 40 ms.

    References:
        Boersma: Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
        sound. IFA Proceedings 17 (1993).
        Morise et al.: Fast and reliable F0 estimation method based on the period extraction of vocal fold vibration of
        singing voice and speech. AES 35th Conference (2009).

    Example:
        >>> sawtooth = np.arange(16000) % 160 / 80.0 - 1
        >>> round(mean_f0(sawtooth, 16000))
        100
    """
    f0 = PITCH_EXTRACTORS[extractor](waveform, sample_rate)
    voiced = f0[f0 > 0]
    if not voiced.size:
        raise Undefined("no voiced frame")
    return float(voiced.mean())


def f0_contour(waveform: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Measures F0 over time by Praat, as `mean_f0` does.

    Args:
        waveform: (N,), mono.
        sample_rate: in Hz.

    Returns:
        Seconds (T,) and Hz (T,), nan where unvoiced; both are empty where the utterance is shorter than 40 ms.

    Example:
        >>> seconds, f0 = f0_contour(np.arange(16000) % 160 / 80.0 - 1, 16000)
        >>> round(float(np.nanmedian(f0)))
        100
    """
    try:
        pitch = _praat_pitch(waveform, sample_rate)
    except Undefined:
        return np.zeros(0), np.zeros(0)
    f0 = pitch.selected_array["frequency"]
    return pitch.xs(), np.where(f0 > 0, f0, np.nan)


def _praat(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Returns F0 by frame, 0 where unvoiced."""
    return _praat_pitch(waveform, sample_rate).selected_array["frequency"]


def _praat_pitch(waveform: np.ndarray, sample_rate: int):
    import parselmouth  # GPL, and only the recipes need it

    try:
        with _threads_as_asked():
            return parselmouth.Sound(waveform, sample_rate).to_pitch()
    except parselmouth.PraatError:
        raise Undefined("shorter than Praat's window of 40 ms") from None


@contextmanager
def _threads_as_asked() -> Iterator[None]:
    """Keeps Praat, which starts a thread per core, on one core in single-threaded jobs (OMP_NUM_THREADS=1)."""
    if os.environ.get("OMP_NUM_THREADS") != "1" or not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {ctypes.CDLL(None).sched_getcpu()})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _world(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Returns F0 by frame, 0 where unvoiced."""
    import pyworld

    samples = waveform.astype(np.float64)
    decimation = min(max(round(sample_rate / DIO_RATE), 1), 12)
    f0, times = pyworld.dio(samples, sample_rate, FLOOR, CEILING, frame_period=1000 * FRAME_SECONDS, speed=decimation)
    return pyworld.stonemask(samples, f0, times, sample_rate)


PITCH_EXTRACTORS = {"praat": _praat, "world": _world}
