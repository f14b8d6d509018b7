"""Encoded audio becomes mono float32 at its own sampling rate; each kind of broken file has one clear error."""

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, NamedTuple

import numpy as np
import soundfile

from c2ser.data.channels import centre_channel
from c2ser.data.ffmpeg import HEAD_BYTES, Bounds, converted, foreign_kind, may_help
from c2ser.data.full_scale import FULL_SCALE, check_full_scale
from c2ser.data.mpeg import Lengthened, states_length
from c2ser.data.stubs import LFS_POINTER, LFS_REMEDY
from c2ser.errors import InputError

RATES = range(1000, 768001)  # Hz; outside of it the header is broken
STREAM_SIZE = 0x7FFF0000  # sizes from here on, and 0, are what programs write to a pipe before they know the length
BLOCK = 1 << 20  # samples that are read at a time, those of all channels
MP3_FRAME = 1152  # samples; of a frame that is not whole the decoder gives none

HEADERLESS = (".raw", ".pcm")


class Recording(NamedTuple):
    """Decoded audio.

    Attributes:
        samples: (N,) float32 in [-1, 1], mono.
        sample_rate: Hz.
        num_clipped: samples that were beyond full scale, a little, and were clipped.
        channels: their number in the file.
        centre: the samples are those of the centre channel; of other audio they are the mean of its channels.
    """

    samples: np.ndarray
    sample_rate: int
    num_clipped: int = 0
    channels: int = 1
    centre: bool = False

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.samples) / self.sample_rate


def decode(file: BinaryIO, name: str) -> Recording:
    """Decodes a file from its beginning to its end, through ffmpeg where libsndfile does not read it.

    Args:
        file: open for reading, seekable.
        name: of the file, for errors.

    Raises:
        InputError: the file is not audio, truncated, has no samples, or has values that are not finite or far beyond
            full scale; or it needs ffmpeg, which is not installed.

    Example:
        >>> with open("a.wav", "rb") as file:  # doctest: +SKIP
        ...     recording = decode(file, "a.wav")
    """
    with open_audio(file, name) as audio:
        return assemble(audio, list(audio.blocks), name=name)


class AudioStream(NamedTuple):
    """Audio that is being read.

    Attributes:
        sample_rate: Hz.
        blocks: consecutive parts (N,), mono, float32, whose values are not checked yet.
        num_samples: as the header states; None where it does not.
        channels: their number in the file.
        centre: the blocks are of the centre channel; of other audio they are the mean of its channels.
    """

    sample_rate: int
    blocks: Iterator[np.ndarray]
    num_samples: int | None = None
    channels: int = 1
    centre: bool = False


@contextmanager
def open_audio(file: BinaryIO, name: str, *, bounds: Bounds | None = None) -> Iterator[AudioStream]:
    """Opens a file that is read in blocks, through ffmpeg where libsndfile does not read it.

    Args:
        file: open for reading, seekable.
        name: of the file, for errors.
        bounds: of ffmpeg, for a file that a stranger sent.

    Raises:
        InputError: the file is not audio, or needs ffmpeg, which is not installed.

    Example:
        >>> with open("a.wav", "rb") as file, open_audio(file, "a.wav") as audio:  # doctest: +SKIP
        ...     num_samples = sum(map(len, audio.blocks))
    """
    head = _check_head(file, name)
    kind, audio = foreign_kind(head), None
    with ExitStack() as stack:
        if kind is None:
            try:
                audio = stack.enter_context(_opened(file, head, name))
            except UnreadableError:
                if not may_help(head):
                    raise
        if audio is None:
            wav = stack.enter_context(converted(file, name, kind=kind or "its coding", bounds=bounds))
            audio = stack.enter_context(_opened(wav, _check_head(wav, name), name))
        yield audio


class UnreadableError(InputError):
    """A file that libsndfile does not open."""


@contextmanager
def _opened(file: BinaryIO, head: bytes, name: str) -> Iterator[AudioStream]:
    """Opens what libsndfile reads."""
    _check_riff(file, head, name)
    stream = None if states_length(file) else Lengthened(file)
    with sound_file(stream or file, name) as audio:
        rate, channels = audio.samplerate, audio.channels
        if rate not in RATES:
            raise InputError(f"{name}: a sampling rate of {rate} Hz; the header is broken")
        if stream is not None:
            yield AudioStream(rate, _blocks_of_stream(audio, stream), channels=channels)
        else:
            centre = _centre_channel(file, audio)
            yield AudioStream(rate, _blocks(audio, centre), audio.frames, channels, centre is not None)


def assemble(audio: AudioStream, blocks: Sequence[np.ndarray], *, name: str) -> Recording:
    """Puts the blocks of a file together and checks what they hold.

    Args:
        audio: the file.
        blocks: all of its blocks.
        name: of the file, for errors.

    Raises:
        InputError: there are fewer samples than the header states, or none, or as `check_full_scale`.

    Example:
        >>> block = np.zeros(8000, np.float32)
        >>> assemble(AudioStream(16000, iter([])), [block, block], name="a.wav").seconds
        1.0
    """
    samples = blocks[0] if len(blocks) == 1 else np.concatenate([np.zeros(0, np.float32), *blocks])
    check_count(len(samples), audio.num_samples, name=name)
    recording = Recording(samples, audio.sample_rate, channels=audio.channels, centre=audio.centre)
    if check_full_scale(samples, name) <= FULL_SCALE:
        return recording
    num_clipped = int((np.abs(samples) > FULL_SCALE).sum())
    return recording._replace(samples=np.clip(samples, -FULL_SCALE, FULL_SCALE), num_clipped=num_clipped)


def check_count(num_samples: int, stated: int | None, *, name: str) -> None:
    """Compares the number of samples that were read with that of the header.

    Args:
        num_samples: those read.
        stated: of the header; None where it does not state it.
        name: of the file, for errors.

    Raises:
        InputError: some are missing, or there are none.

    Example:
        >>> check_count(16000, 16000, name="a.wav")
    """
    if stated is not None and num_samples < stated:
        raise InputError(f"{name}: truncated: {num_samples} of {stated} samples are there; copy the file again")
    if num_samples == 0:
        raise InputError(f"{name}: 0 samples; replace the file or leave it out")


def header_length(file: BinaryIO, name: str) -> tuple[int, int] | None:
    """Returns the number of samples that a file's header states, and the sampling rate; None where it states none.

    Raises:
        InputError: the file is not audio.

    Example:
        >>> with open("a.wav", "rb") as file:  # doctest: +SKIP
        ...     num_samples, sample_rate = header_length(file, "a.wav")
    """
    head = _check_head(file, name)
    if foreign_kind(head) or not states_length(file):
        return None
    try:
        with sound_file(file, name) as audio:
            return audio.frames, audio.samplerate
    except UnreadableError:
        if not may_help(head):
            raise
        return None


@contextmanager
def sound_file(file: BinaryIO | io.RawIOBase, name: str) -> Iterator[soundfile.SoundFile]:
    """Opens audio for reading.

    A file is opened by its descriptor, which is faster and has no name by which soundfile would guess the format.

    Args:
        file: an unbuffered file, or another stream.
        name: for messages.

    Raises:
        InputError: it is not audio.

    Example:
        >>> with open("a.wav", "rb", buffering=0) as file, sound_file(file, "a.wav") as audio:  # doctest: +SKIP
        ...     audio.samplerate
        16000
    """
    opened = False
    try:
        with soundfile.SoundFile(file.fileno() if isinstance(file, io.FileIO) else file, closefd=False) as audio:
            opened = True
            yield audio
    except soundfile.LibsndfileError as error:
        reason = error.error_string.strip().rstrip(".")
        kind = InputError if opened else UnreadableError
        raise kind(f"{name}: broken or not audio ({reason}); replace the file") from None


def _centre_channel(file: BinaryIO, audio: soundfile.SoundFile) -> int | None:
    """Finds the centre channel of an open file, whose place in it stays the same."""
    if audio.channels < 3:
        return None
    place = file.tell()
    found = centre_channel(file, audio.format, channels=audio.channels)
    file.seek(place)
    return found


def _blocks(audio: soundfile.SoundFile, centre: int | None = None, *, size: int = BLOCK) -> Iterator[np.ndarray]:
    """Reads to the end; of several channels the centre is taken, or their mean where there is none."""
    frames = max(1, size // audio.channels)
    read = frames
    while read == frames and (read := len(block := audio.read(frames, dtype="float32", always_2d=True))):
        if centre is not None:
            yield block[:, centre]
        else:
            yield block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)


def _blocks_of_stream(audio: soundfile.SoundFile, stream: Lengthened) -> Iterator[np.ndarray]:
    """Reads MP3 of unknown length to its end, which may be in the middle of a frame."""
    try:
        yield from _blocks(audio, size=MP3_FRAME * audio.channels)
    except soundfile.LibsndfileError:
        if not stream.at_end:
            raise


def _check_head(file: BinaryIO, name: str) -> bytes:
    """Returns the first bytes; raises where they are not those of audio."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not head:
        raise InputError(f"{name}: empty file, 0 samples; replace the file or leave it out")
    if head == LFS_POINTER[: len(head)]:
        raise InputError(f"{name}: {LFS_REMEDY}")
    if name.lower().endswith(HEADERLESS) and head[:4] not in (b"RIFF", b"fLaC"):
        raise InputError(f"{name}: samples without a header, of unknown rate and coding; convert the file to WAV")
    return head


def _check_riff(file: BinaryIO, head: bytes, name: str) -> None:
    """Compares the size that a WAV's ``data`` chunk states with the file; libsndfile does not."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return
    length = file.seek(0, io.SEEK_END)
    file.seek(12)
    while len(chunk := file.read(8)) == 8:
        size = int.from_bytes(chunk[4:], "little")
        there = length - file.tell()
        if chunk[:4] == b"data":
            if there < size < STREAM_SIZE:
                raise InputError(f"{name}: truncated: {there} of {size} bytes of samples are there; copy it again")
            break
        file.seek(size + size % 2, io.SEEK_CUR)
    file.seek(0)
