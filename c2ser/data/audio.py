"""Audio in: what libsndfile or ffmpeg reads becomes mono float32 at 16 kHz; broken files become one clear error."""

from pathlib import Path

import numpy as np

from c2ser.data.full_scale import check_waveform
from c2ser.data.location import AudioLocation
from c2ser.data.resample import SAMPLE_RATE, resample

__all__ = ["SAMPLE_RATE", "check_waveform", "read_audio", "resample"]


def read_audio(location: str | Path | AudioLocation) -> np.ndarray:
    """Reads audio as mono at 16 kHz, resampled by a polyphase filter: its centre channel, or the mean of its channels.

    Args:
        location: a file, or ``<ark>:<offset>``.

    Returns:
        (N,) float32 in [-1, 1]; 16-bit audio that is mono at 16 kHz keeps its values, divided by 32768.

    Raises:
        InputError: the file is missing, not audio, truncated, has no samples, or values that are not finite or far
            beyond full scale.

    Example:
        >>> waveform = read_audio("a.wav")  # doctest: +SKIP
    """
    if not isinstance(location, AudioLocation):
        location = AudioLocation.parse(location)
    recording = location.read()
    return resample(recording.samples, recording.sample_rate)
