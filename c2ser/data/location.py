"""Where audio is: the value of a line in ``wav.scp``, which names a file, a place in an ark, or a command."""

import io
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from c2ser.data.decode import AudioStream, Recording, decode, header_length, open_audio
from c2ser.data.resample import resampled_length
from c2ser.data.views import Slice
from c2ser.errors import InputError

IN_ARK = re.compile(r"(?P<ark>.+):(?P<offset>\d+)")
AUDIO_MARK = b"AUDIO"  # before kaldiio's audio, whose size in bytes follows, and before that the size of this size
MARK_END = len(AUDIO_MARK) + 1
HEAD = MARK_END + 8  # bytes before the audio, at most
AT_ONCE = 1 << 20  # bytes of audio in an ark up to which it is read in one piece: a minute of speech


@dataclass(frozen=True, slots=True)
class AudioLocation:
    """A place of audio: a file, ``<ark>:<offset>`` in an ark of kaldiio or Kaldi, or a command and ``|``.

    Attributes:
        value: as ``wav.scp`` has it.
        path: the file or the ark; None of a command.
        offset: the byte of the ark; None of a file or a command.

    Example:
        >>> AudioLocation.parse("/corpus/a.wav").read().sample_rate  # doctest: +SKIP
        44100
        >>> AudioLocation.parse("dump/audio.1.ark:17").path  # doctest: +SKIP
        'dump/audio.1.ark'
    """

    value: str
    path: str | None = None
    offset: int | None = None

    @classmethod
    def parse(cls, value: str | Path) -> "AudioLocation":
        """Reads the value of a line; looks at the disk only for a file whose name may end like a place in an ark."""
        value = str(value)
        if value.endswith("|"):
            return cls(value)
        match = IN_ARK.fullmatch(value)
        if match and (match["ark"].endswith(".ark") or not os.path.isfile(value)):
            return cls(value, match["ark"], int(match["offset"]))
        return cls(value, value)

    def __str__(self) -> str:
        return self.value

    @property
    def is_pipe(self) -> bool:
        """Whether the audio is what a command writes."""
        return self.path is None

    def exists(self) -> bool:
        """Tells whether there is such a file or ark; of a command, True."""
        return self.path is None or os.path.isfile(self.path)

    def stamp(self) -> tuple:
        """Returns what changes when the content does: path, offset, and the file's size and time of change.

        Of a command it is the command; of what cannot be looked at, the size and time are None, as reading will tell.
        """
        if self.path is None:
            return (self.value,)
        try:
            status = os.stat(self.path)
        except (OSError, ValueError):
            return (self.path, self.offset, None, None)
        return (self.path, self.offset, status.st_size, status.st_mtime_ns)

    def read(self, *, allow_pipe: bool = False) -> Recording:
        """Reads the audio at its own sampling rate, mono.

        Args:
            allow_pipe: run a command; without a shell.

        Raises:
            InputError: it is a command and ``allow_pipe`` is not set, it cannot be read, or as `decode`.
        """
        if self.path is None:
            return decode(io.BytesIO(self._output(allow_pipe)), self.value)
        with self.opened(at_once=AT_ONCE) as file:
            return decode(file, self.value)

    @contextmanager
    def stream(self) -> Iterator[AudioStream]:
        """Opens a file, or audio in an ark, that is read in blocks.

        Raises:
            InputError: it is a command, it cannot be read, or as `open_audio`.
        """
        if self.path is None:
            raise InputError(f"'{self.value}' is a shell pipe; write its output to a file")
        with self.opened() as file, open_audio(file, self.value) as audio:
            yield audio

    def native_length(self, *, allow_pipe: bool = False) -> tuple[int, int]:
        """Returns the number of samples and the sampling rate, from the header where that states them.

        Raises:
            InputError: as `read`.
        """
        if self.path is not None:
            with self.opened() as file:
                if (stated := header_length(file, self.value)) is not None:
                    return stated
        recording = self.read(allow_pipe=allow_pipe)
        return len(recording.samples), recording.sample_rate

    def num_samples(self, *, allow_pipe: bool = False) -> int:
        """Returns the number of samples at 16 kHz; otherwise as `native_length`."""
        return resampled_length(*self.native_length(allow_pipe=allow_pipe))

    @contextmanager
    def opened(self, *, at_once: int = 0) -> Iterator[BinaryIO]:
        """Opens the bytes of the file, or those of the audio in an ark.

        Args:
            at_once: number of bytes up to which audio in an ark is read before it is returned.

        Raises:
            InputError: it cannot be opened, or the ark is truncated.
        """
        try:
            with open(self.path, "rb", buffering=0) as file:
                if self.offset is None:
                    yield file
                else:
                    yield _audio_in_ark(file, self.offset, self.value, at_once=at_once)
        except FileNotFoundError:
            raise InputError(f"{self.path}: no such file; check the path") from None
        except IsADirectoryError:
            raise InputError(f"{self.path}: a directory, not an audio file") from None
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}; check the file") from None
        except InputError:
            raise
        except ValueError as error:  # a null byte
            raise InputError(f"{self.path!r}: {error}; check the path") from None

    def _output(self, allow_pipe: bool) -> bytes:
        if not allow_pipe:
            raise InputError(
                f"'{self.value}' is a shell pipe; write its output to a file, or allow pipes where you trust them"
            )
        try:
            command = shlex.split(self.value.removesuffix("|"))
        except ValueError as error:
            raise InputError(f"'{self.value}': not a command ({error}); correct it") from None
        if not command or "|" in command:
            raise InputError(f"'{self.value}': not one command; write its output to a file")
        try:
            return subprocess.run(command, capture_output=True, check=True).stdout
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise InputError(f"'{self.value}': the command failed ({error}); run it by hand to see why") from None


def _audio_in_ark(file: BinaryIO, offset: int, name: str, *, at_once: int) -> BinaryIO:
    """Returns the bytes of audio in an ark, in memory if they are few; of what states no size, all to the end."""
    end = file.seek(0, io.SEEK_END)
    file.seek(offset)
    head = file.read(HEAD)
    if not head.startswith(AUDIO_MARK) or len(head) < MARK_END:
        return Slice(file, offset, size=max(0, end - offset))
    start = offset + MARK_END + head[MARK_END - 1]
    size = int.from_bytes(head[MARK_END : start - offset], "little")
    if start + size > end:
        raise InputError(f"{name}: truncated: {max(0, end - start)} of {size} bytes are there; copy the ark again")
    if size > at_once:
        return Slice(file, start, size=size)
    file.seek(start)
    return io.BytesIO(file.read(size))
