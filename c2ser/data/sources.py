"""Audio that users give, one by one: files, arrays at any sampling rate, folders of files, and lists of these."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeGuard, cast

import numpy as np

from c2ser.data.audio_files import audio_files
from c2ser.data.decode import RATES, AudioStream, Recording, assemble
from c2ser.data.full_scale import check_waveform
from c2ser.data.location import AudioLocation
from c2ser.data.resample import SAMPLE_RATE
from c2ser.errors import InputError


class Array(Protocol):
    """An array of NumPy, or what it takes for one, such as tensors of PyTorch on the CPU."""

    def __array__(self) -> np.ndarray: ...


# A file, a folder, or an array (N,).
Audio: TypeAlias = str | PathLike[str] | Array


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
        with self.stream(rate) as audio:
            return assemble(audio, list(audio.blocks), name=self.name)

    @contextmanager
    def stream(self, rate: float | None = None) -> Iterator[AudioStream]:
        """Opens the audio, which is read in blocks; otherwise as `read`."""
        if self.path is None:
            waveform = check_waveform(self.audio, self.name)
            yield AudioStream(check_rate(rate), iter([waveform]), len(waveform))
        else:
            with AudioLocation.parse(self.path).stream() as audio:
                yield audio


def is_single(audio: Audio | Iterable[Audio]) -> TypeGuard[Audio]:
    """Tells whether something is one file or one array, and neither a folder nor a list.

    Example:
        >>> is_single("a.wav"), is_single(np.zeros(16000)), is_single(["a.wav"]), is_single(".")
        (True, True, False, False)
    """
    if isinstance(audio, (str, PathLike)):
        return not Path(audio).is_dir()
    return hasattr(audio, "__array__")


def sources(audio: Audio | Iterable[Audio]) -> Iterator[Source]:
    """Yields files and arrays one by one; of a folder, the audio files in it and in its folders.

    Args:
        audio: one of them, or any iterable.

    Raises:
        InputError: a folder has no audio files.

    Example:
        >>> [source.name for source in sources(["a.wav", np.zeros(16000)])]
        ['a.wav', 'waveform 2']
    """
    items = cast(Iterable[Any], [audio] if isinstance(audio, (str, PathLike)) or is_single(audio) else audio)
    for number, item in enumerate(items, 1):
        if not isinstance(item, (str, PathLike)):
            yield Source(item, f"waveform {number}")
        elif Path(item).is_dir():
            empty = True
            for path in map(str, audio_files(Path(item))):
                empty = False
                yield Source(path, path, path)
            if empty:
                raise InputError(f"{fspath(item)}: no audio files in this folder; check the path")
        else:
            yield Source(item, fspath(item), fspath(item))


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
