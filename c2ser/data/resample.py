"""Audio at any sampling rate becomes audio at 16 kHz."""

from functools import lru_cache
from math import gcd

import numpy as np
from scipy.signal import firwin, resample_poly

SAMPLE_RATE = 16000  # Hz, of all models


def resample(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Resamples a waveform to 16 kHz with a polyphase filter.

    Args:
        samples: (N,) float32.
        sample_rate: its sampling rate, Hz.

    Returns:
        (resampled_length(N, sample_rate),) float32; the same array where the rate is 16 kHz already.

    Example:
        >>> resample(np.zeros(44100, np.float32), 44100).shape
        (16000,)
    """
    if sample_rate == SAMPLE_RATE:
        return samples
    divisor = gcd(sample_rate, SAMPLE_RATE)
    up, down = SAMPLE_RATE // divisor, sample_rate // divisor
    return resample_poly(samples, up, down, window=_low_pass(max(up, down))).astype(np.float32)


def resampled_length(num_samples: int, sample_rate: int) -> int:
    """Returns the number of samples that `resample` gives.

    Example:
        >>> resampled_length(44101, 44100)
        16001
    """
    return -(-num_samples * SAMPLE_RATE // sample_rate)


@lru_cache(maxsize=4)
def _low_pass(ratio: int) -> np.ndarray:
    """The filter that `resample_poly` would design anew for each waveform."""
    return firwin(20 * ratio + 1, 1 / ratio, window=("kaiser", 5.0)).astype(np.float32)
