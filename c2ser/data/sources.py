"""Audio that users give: files, and arrays at any sampling rate."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from c2ser.data.decode import RATES, Recording
from c2ser.data.full_scale import check_waveform
from c2ser.data.location import AudioLocation
from c2ser.data.resample import SAMPLE_RATE
from c2ser.errors import InputError

# A file, a folder, or an array (N,) of NumPy or on PyTorch's CPU.
Audio: TypeAlias = str | PathLike[str] | np.ndarray | Any


class Source(NamedTuple):
    """One file or one array.

    Attributes:
        audio: the file's path, or the array.
        name: for messages.
        path: of a file; None of an array.
    """

    audio: Audio
    name: str
    path: str | None = None

    def read(self, rate: float | None = None) -> Recording:
        """Reads the audio at its own sampling rate, mono.

        Args:
            rate: of an array, Hz; None for 16 kHz.

        Raises:
            InputError: the file or the array cannot be used.
        """
        if self.path is not None:
            return AudioLocation.parse(self.path).read()
        return Recording(check_waveform(self.audio, self.name), check_rate(rate))


def is_single(audio: Audio | Sequence[Audio]) -> bool:
    """Tells whether something is one file or one array, and neither a folder nor a list.

    Example:
        >>> is_single("a.wav"), is_single(np.zeros(16000)), is_single(["a.wav"]), is_single(".")
        (True, True, False, False)
    """
    if isinstance(audio, (str, PathLike)):
        return not Path(audio).is_dir()
    return hasattr(audio, "__array__")


def check_rate(rate: float | None) -> int:
    """Returns a sampling rate as an integer; 16 kHz for None.

    Raises:
        InputError: it is not a whole number from 1000 to 768000 Hz.

    Example:
        >>> check_rate(None), check_rate(44100.0)
        (16000, 44100)
    """
    if rate is None:
        return SAMPLE_RATE
    if not float(rate).is_integer() or int(rate) not in RATES:
        raise InputError(f"rate {rate}: not a sampling rate; give a whole number of Hz from 1000 to 768000")
    return int(rate)
