"""Audio that users give, one by one: files, arrays, folders of files, and lists of these."""

from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path

from c2ser.data.audio_files import audio_files
from c2ser.data.sources import Audio, Source, is_single
from c2ser.errors import InputError


def sources(audio: Audio | Iterable[Audio]) -> Iterator[Source]:
    """Yields files and arrays one by one; of a folder, the audio files in it and in its folders.

    Args:
        audio: one of them, or any iterable.

    Raises:
        InputError: a folder has no audio files.

    Example:
        >>> import numpy as np
        >>> [source.name for source in sources(["a.wav", np.zeros(16000)])]
        ['a.wav', 'waveform 2']
    """
    items = [audio] if isinstance(audio, (str, PathLike)) or is_single(audio) else audio
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
