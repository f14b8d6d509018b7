"""Audio at any sampling rate becomes audio at 16 kHz."""

from functools import lru_cache
from math import gcd

import numpy as np

SAMPLE_RATE = 16000  # Hz, of all models
HALF_FILTER = 10  # samples of the lower rate that the filter reaches to each side


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
    from scipy.signal import resample_poly  # takes most of a second to import, which 16 kHz need not wait for

    up, down = resample_ratio(sample_rate)
    return resample_poly(samples, up, down, window=_low_pass(max(up, down))).astype(np.float32)


def resampled_length(num_samples: int, sample_rate: int) -> int:
    """Returns the number of samples that `resample` gives.

    Example:
        >>> resampled_length(44101, 44100)
        16001
    """
    return -(-num_samples * SAMPLE_RATE // sample_rate)


def resample_ratio(sample_rate: int) -> tuple[int, int]:
    """Returns the ratio of 16 kHz to a sampling rate in lowest terms.

    Example:
        >>> resample_ratio(44100)
        (160, 441)
    """
    divisor = gcd(sample_rate, SAMPLE_RATE)
    return SAMPLE_RATE // divisor, sample_rate // divisor


def filter_reach(sample_rate: int) -> int:
    """Returns how many samples before and after its place a sample of `resample` depends on.

    Example:
        >>> filter_reach(48000), filter_reach(8000)
        (31, 11)
    """
    up, down = resample_ratio(sample_rate)
    return HALF_FILTER * max(up, down) // up + 1


@lru_cache(maxsize=4)
def _low_pass(ratio: int) -> np.ndarray:
    """The filter that `resample_poly` would design anew for each waveform."""
    from scipy.signal import firwin

    return firwin(2 * HALF_FILTER * ratio + 1, 1 / ratio, window=("kaiser", 5.0)).astype(np.float32)
