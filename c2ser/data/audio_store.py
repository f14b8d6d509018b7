"""Where audio that a command makes goes: 16-bit FLAC at 16 kHz, a file per utterance or arks of many."""

import io
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from c2ser.data.decode import sound_file
from c2ser.data.ffmpeg import HEAD_BYTES, foreign_kind
from c2ser.data.files import atomic_write
from c2ser.data.fingerprint import fingerprint
from c2ser.data.location import AudioLocation
from c2ser.data.names import FLAC
from c2ser.data.resample import SAMPLE_RATE
from c2ser.data.shards import AudioFaults, ShardWriter, shard_writer

CONTAINERS = ("WAV", "WAVEX", "FLAC")  # of audio that needs no conversion
LONGEST_NAME = 200  # bytes of a file's name; file systems have 255, and some are of what is still being written


class AudioStore(Protocol):
    """Takes audio of utterances; see `audio_store`."""

    def store(self, utterance: str, waveform: np.ndarray, *, source: AudioLocation | None) -> str:
        """Returns where the audio of an utterance is from now on, as ``wav.scp`` has it.

        Args:
            utterance: its id.
            waveform: (N,) float at 16 kHz.
            source: where the utterance, and nothing else, was read from; None where it was cut out of something.
        """


@contextmanager
def audio_store(
    audio_format: str, directory: str | Path, *, name: str, utterances: Collection[str], stored: Mapping[str, str]
) -> Iterator[AudioStore]:
    """Opens a store of audio. Files that are as wanted stay where they are; in arks there is a copy of each utterance.

    Args:
        audio_format: ``flac``, a file per utterance, or ``flac.ark``; see `c2ser.data.shards`.
        directory: the folder.
        name: begins the names of arks; of the programs that share a folder each has its own.
        utterances: those that this call is about.
        stored: utterance -> its place, of those of them that an earlier call has stored.

    Example:
        >>> with audio_store("flac", "audio", name="1", utterances=["a-1"], stored={}) as audio:
        ...     place = audio.store("a-1", np.zeros(16000, np.float32), source=None)
        >>> place.endswith("audio/a-1.flac")
        True
    """
    if audio_format == FLAC:
        yield _Files(Path(directory))
    else:
        with shard_writer(directory, name, utterances=utterances, stored=stored) as shards:
            yield _Shards(shards)


class _Files:
    def __init__(self, directory: Path):
        self.directory = directory

    def store(self, utterance: str, waveform: np.ndarray, *, source: AudioLocation | None) -> str:
        container = _container(source)
        if container and source.offset is None:
            return source.path
        path = self.directory / f"{_file_name(utterance)}.flac"
        with atomic_write(path, "wb") as file:
            file.write(_flac(waveform, source, container))
        return os.path.abspath(path)


class _Shards:
    def __init__(self, writer: ShardWriter):
        self.writer = writer

    def store(self, utterance: str, waveform: np.ndarray, *, source: AudioLocation | None) -> str:
        return self.writer.append(utterance, _flac(waveform, source, _container(source)))


def forget_lost_audio(done: dict[str, tuple]) -> None:
    """Deletes results whose audio is not where they say, or not whole.

    Args:
        done: utterance -> its result, of which the first value is a place that `AudioStore.store` has returned.
    """
    fault = AudioFaults()
    for utt in [utt for utt, (place, *_) in done.items() if fault(AudioLocation.parse(place))]:
        del done[utt]


def describe_audio(places: Iterable[str]) -> str:
    """Tells how many files some places are in, and how large these are.

    Args:
        places: values of ``wav.scp``.

    Example:
        >>> Path("a.ark").write_bytes(bytes(2_500_000))
        2500000
        >>> describe_audio(["a.ark:4", "a.ark:1700"])
        '1 file, 2.5 MB'
    """
    paths = {path for path in (AudioLocation.parse(place).path for place in places) if path}
    total = sum(os.stat(path).st_size for path in paths if os.path.exists(path))
    return f"{len(paths)} file{'s' * (len(paths) != 1)}, {total / 1e6:.1f} MB"


def _flac(waveform: np.ndarray, source: AudioLocation | None, container: str | None) -> bytes:
    """Returns the source's bytes where they are such a FLAC, otherwise encodes the waveform."""
    if container == "FLAC":
        with source.opened() as file:
            return file.read()
    encoded = io.BytesIO()
    soundfile.write(encoded, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return encoded.getvalue()


def _container(source: AudioLocation | None) -> str | None:
    """Returns the container of 16-bit mono audio at 16 kHz, where every reader accepts it and its name; else None."""
    if source is None or source.path is None or source.path.lower().endswith(".raw"):
        return None  # soundfile takes files of that name for samples without a header
    with source.opened() as file:
        if foreign_kind(file.read(HEAD_BYTES)):
            return None
        file.seek(0)
        with sound_file(file, str(source)) as audio:
            coding = (audio.samplerate, audio.channels, audio.subtype)
            return audio.format if coding == (SAMPLE_RATE, 1, "PCM_16") and audio.format in CONTAINERS else None


def _file_name(utt: str) -> str:
    name = utt.replace("/", "%2F")
    if len(name.encode()) <= LONGEST_NAME:
        return name
    return f"{name.encode()[: LONGEST_NAME // 2].decode(errors='ignore')}-{fingerprint(utt)}"
