"""Waveforms and full scale: 1.0, which 16-bit audio cannot exceed and audio in floating point can."""

import numpy as np

from c2ser.errors import InputError

FULL_SCALE = 1.0
MILD = 2.0  # peaks up to here (6 dB) come of mixing or lossy coding; beyond it the samples have another unit


def check_full_scale(samples: np.ndarray, name: str) -> float:
    """Returns the peak of a waveform.

    Args:
        samples: (N,) floating point, N > 0.
        name: of the waveform, for errors.

    Raises:
        InputError: values are not finite, or far beyond full scale.
    """
    highest, lowest = float(samples.max()), float(samples.min())
    if not (np.isfinite(highest) and np.isfinite(lowest)):
        raise InputError(f"{name}: samples that are NaN or infinite; convert the file again")
    peak = max(highest, -lowest)
    if peak > MILD:
        unit = "; divide by 32768" if 64 < peak <= 32768 else "; scale the samples"
        raise InputError(f"{name}: samples up to {peak:.6g}, where full scale is 1{unit}")
    return peak


def check_waveform(waveform: object, name: str) -> np.ndarray:
    """Returns a waveform as float32, clipped to full scale.

    Args:
        waveform: (N,) floating point at 16 kHz, N > 0.
        name: of the waveform, for errors.

    Raises:
        InputError: it has another number of dimensions, another type or no samples, or values that are not finite or
            far beyond full scale.

    Example:
        >>> check_waveform(np.zeros(16000), "waveform 1").dtype
        dtype('float32')
    """
    array = np.asarray(waveform)
    if array.ndim != 1:
        raise InputError(f"{name}: an array of shape {array.shape}; a waveform is (samples,), average the channels")
    if not np.issubdtype(array.dtype, np.floating):
        unit = f", divide by {np.iinfo(array.dtype).max + 1}" if np.issubdtype(array.dtype, np.signedinteger) else ""
        raise InputError(f"{name}: an array of {array.dtype}; samples are floating point from -1 to 1{unit}")
    if len(array) == 0:
        raise InputError(f"{name}: 0 samples; leave it out")
    array = array.astype(np.float32, copy=False)
    return array if check_full_scale(array, name) <= FULL_SCALE else np.clip(array, -FULL_SCALE, FULL_SCALE)
