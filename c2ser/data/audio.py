"""Audio in: any file that libsndfile reads becomes mono float32 at 16 kHz; broken files become one clear error."""

import io
import shlex
import subprocess
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from math import gcd
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import soundfile
from scipy.signal import firwin, resample_poly

from c2ser.data.tables import read_table, table_lines
from c2ser.errors import InputError

SAMPLE_RATE = 16000
RATES = range(1000, 768001)  # Hz; outside of it the header is broken
STREAMED = 0x7FFF0000  # sizes from here on, and 0, are what programs write to a pipe before they know the length
SLACK = 0.1  # seconds by which a segment may end after its recording, as Kaldi allows


def read_audio(path: str | Path) -> np.ndarray:
    """Reads a file as mono at 16 kHz: the mean of its channels, resampled by a polyphase filter.

    Returns:
        float32 of shape (samples,); 16-bit audio that is mono at 16 kHz keeps its values, divided by 32768.

    Raises:
        InputError: the file is missing, no audio, truncated, has no samples or values that are no numbers.
    """
    return resample(*_read_file(path))


class AudioFile(NamedTuple):
    """The file of an utterance.

    Attributes:
        line: where it stands in ``wav.scp``, from 1.
        path: the file.
        samples: its length at 16 kHz.
    """

    line: int
    path: str
    samples: int


def utterance_files(data_dir: str | Path) -> dict[str, AudioFile]:
    """Returns the file of each utterance of a data directory, and its length.

    Args:
        data_dir: with ``wav.scp`` of one file an utterance. Lengths come from ``utt2num_samples``, which stage 2
            writes; without this table, from the headers of the files.

    Raises:
        InputError: there are ``segments`` or pipes, a header cannot be read, or the two tables do not fit.
    """
    scp, table, segments = (Path(data_dir) / name for name in ("wav.scp", "utt2num_samples", "segments"))
    if segments.exists():
        raise InputError(f"{segments}: needs a file an utterance; c2ser.bin.extract_attributes cuts the recordings")
    paths = read_table(scp)
    lengths = read_table(table) if table.exists() else None
    if lengths is not None and lengths.keys() != paths.keys():
        utt = min(lengths.keys() ^ paths.keys())
        raise InputError(f"{table}: '{utt}' is missing there or in wav.scp; make them again with stage 2")
    files = {}
    for number, (utt, path) in enumerate(paths.items(), 1):
        where = f"{scp}:{number}: '{utt}'"
        if path.endswith("|"):
            raise InputError(f"{where} is a shell pipe; write its output to a file instead")
        try:
            samples = _header_samples(path) if lengths is None else int(lengths[utt])
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        except ValueError:
            raise InputError(f"{table}:{number}: '{utt}': '{lengths[utt]}' is no number of samples") from None
        files[utt] = AudioFile(number, path, samples)
    return files


def utterance_audio(
    data_dir: str | Path,
    skip_bad: list[str] | None = None,
    allow_pipe: bool = False,
    only: Collection[str] | None = None,
) -> Iterator[tuple[str, np.ndarray]]:
    """Yields (utterance, float32 waveform at 16 kHz) of a data directory; otherwise as `native_audio`."""
    for utt, waveform, sample_rate in native_audio(data_dir, skip_bad, allow_pipe, only):
        yield utt, resample(waveform, sample_rate)


def native_audio(
    data_dir: str | Path,
    skip_bad: list[str] | None = None,
    allow_pipe: bool = False,
    only: Collection[str] | None = None,
) -> Iterator[tuple[str, np.ndarray, int]]:
    """Yields (utterance, mono float32 waveform, its own sampling rate in Hz), each recording read once.

    Args:
        data_dir: with ``wav.scp`` and, where utterances are parts of recordings, ``segments``; the order is that of
            ``wav.scp``.
        skip_bad: given a list, utterances whose audio cannot be used are left out and their errors added to it.
        allow_pipe: run entries of ``wav.scp`` that are one command and ``|``, without a shell.
        only: the utterances to yield; recordings without any of them are not read. By default all.

    Raises:
        InputError: audio cannot be used, an utterance of ``only`` or its recording has no line, or an entry is a pipe
            and pipes are not allowed; names file, line, utterance.
    """
    scp = Path(data_dir) / "wav.scp"
    segments = _segments_by_recording(Path(data_dir) / "segments", only)
    needed = only if segments is None else segments
    for message in _lines_lacking(scp, segments, only):
        _skip_or_raise(message, skip_bad, None)
    for number, recording, entry in table_lines(scp):
        if needed is not None and recording not in needed:
            continue
        where = f"{scp}:{number}: '{recording}'"
        if entry.endswith("|") and not allow_pipe:
            raise InputError(
                f"{where} is a shell pipe; write its output to a file, or allow pipes where you trust them"
            )
        try:
            wave, rate = _read_pipe(entry) if entry.endswith("|") else _read_file(entry)
        except InputError as error:
            _skip_or_raise(f"{where}: {error}", skip_bad, error)
            continue
        if segments is None:
            yield recording, wave, rate
            continue
        for utt, start, end in segments[recording]:
            cut = wave[:0]
            if 0 <= start < end <= len(wave) / rate + SLACK:
                cut = wave[round(start * rate) : round(end * rate)]
            if len(cut) == 0:
                length = f"{len(wave) / rate:.2f} s"
                message = f"{where}: utterance '{utt}' runs from {start} to {end} s of {length}; correct segments"
                _skip_or_raise(message, skip_bad, None)
                continue
            yield utt, cut, rate


def resample(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Resamples (samples,) to 16 kHz by a polyphase filter; float32 in and out."""
    if sample_rate == SAMPLE_RATE:
        return samples
    divisor = gcd(sample_rate, SAMPLE_RATE)
    up, down = SAMPLE_RATE // divisor, sample_rate // divisor
    return resample_poly(samples, up, down, window=_low_pass(max(up, down))).astype(np.float32)


@lru_cache(maxsize=4)
def _low_pass(ratio: int) -> np.ndarray:
    """The filter that `resample_poly` would design anew for each waveform."""
    return firwin(20 * ratio + 1, 1 / ratio, window=("kaiser", 5.0)).astype(np.float32)


def _read_file(path: str | Path) -> tuple[np.ndarray, int]:
    with _opened(path) as file:
        return _decode(file, str(path))


@contextmanager
def _opened(path: str | Path) -> Iterator[BinaryIO]:
    try:
        with open(path, "rb") as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path in wav.scp") from None
    except IsADirectoryError:
        raise InputError(f"{path}: a folder, not an audio file") from None


@contextmanager
def _sound_file(file: BinaryIO, name: str) -> Iterator[soundfile.SoundFile]:
    try:
        with soundfile.SoundFile(file) as audio:
            yield audio
    except soundfile.LibsndfileError as error:
        raise InputError(f"{name}: broken or no audio ({error.error_string.strip()}); replace the file") from None


def _header_samples(path: str) -> int:
    """Returns the length at 16 kHz that a file's header tells."""
    with _opened(path) as file, _sound_file(file, path) as audio:
        return -(-audio.frames * SAMPLE_RATE // audio.samplerate)


def _decode(file: BinaryIO, name: str) -> tuple[np.ndarray, int]:
    """Returns the mono samples and their rate."""
    _check_riff(file, name)
    with _sound_file(file, name) as audio:
        rate, promised = audio.samplerate, audio.frames
        blocks = list(_blocks(audio))
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    if len(samples) < promised:
        raise InputError(f"{name}: truncated: {len(samples)} of {promised} samples are there; copy the file again")
    if len(samples) == 0:
        raise InputError(f"{name}: 0 samples; replace the file or leave it out")
    if not np.isfinite(samples).all():
        raise InputError(f"{name}: samples that are NaN or infinite; convert the file again")
    if rate not in RATES:
        raise InputError(f"{name}: a sampling rate of {rate} Hz; the header is broken")
    return samples, rate


def _blocks(audio: soundfile.SoundFile, size: int = 1 << 20) -> Iterator[np.ndarray]:
    """Reads to the end, whatever length the header tells; channels are averaged."""
    while len(block := audio.read(size, dtype="float32", always_2d=True)):
        yield block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)


def _check_riff(file: BinaryIO, name: str) -> None:
    """Compares the size that a WAV's ``data`` chunk states with the file; libsndfile does not."""
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    if length == 0:
        raise InputError(f"{name}: empty file, 0 samples; replace the file or leave it out")
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        while len(chunk := file.read(8)) == 8:
            size = int.from_bytes(chunk[4:], "little")
            there = length - file.tell()
            if chunk[:4] == b"data":
                if there < size < STREAMED:
                    raise InputError(f"{name}: truncated: {there} of {size} bytes of samples are there; copy it again")
                break
            file.seek(size + size % 2, io.SEEK_CUR)
    file.seek(0)


def _read_pipe(entry: str) -> tuple[np.ndarray, int]:
    command = shlex.split(entry.rstrip("|"))
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise InputError(f"the command failed ({error}); run it by hand to see why") from None
    return _decode(io.BytesIO(done.stdout), entry)


def _segments_by_recording(
    path: Path, only: Collection[str] | None
) -> dict[str, list[tuple[str, float, float]]] | None:
    if not path.exists():
        return None
    segments: dict[str, list[tuple[str, float, float]]] = {}
    for utt, value in read_table(path).items():
        try:
            recording, start, end = value.split()
            if only is None or utt in only:
                segments.setdefault(recording, []).append((utt, float(start), float(end)))
        except ValueError:
            raise InputError(f"{path}: '{utt}': a line reads '<utterance> <recording> <start> <end>'") from None
    return segments


def _lines_lacking(scp: Path, segments: Mapping[str, list] | None, only: Collection[str] | None) -> Iterator[str]:
    """Names the utterances for which the tables have no recording."""
    recordings = {recording for _, recording, _ in table_lines(scp)}
    if segments is None:
        utts = recordings
    else:
        utts = {utt for parts in segments.values() for utt, *_ in parts}
        for recording in sorted(segments.keys() - recordings):
            named = ", ".join(repr(utt) for utt, *_ in segments[recording])
            yield f"{scp}: recording '{recording}' of {named} has no line; add it, or leave out what is part of it"
    for utt in sorted(set(only or ()) - utts):
        yield f"{scp if segments is None else scp.with_name('segments')}: '{utt}' has no line; add it, or leave it out"


def _skip_or_raise(message: str, skip_bad: list[str] | None, cause: Exception | None) -> None:
    if skip_bad is None:
        raise InputError(message) from cause
    skip_bad.append(message)
