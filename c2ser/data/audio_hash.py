"""Hashes of audio by content: the same samples have the same hash whatever the file's name, header or coding."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from c2ser.data.batches import consecutive
from c2ser.data.data_dir import DataDir
from c2ser.data.fingerprint import fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.journal import open_journal
from c2ser.data.names import UTT2AUDIO_HASH
from c2ser.data.skipped import Skipped
from c2ser.data.utterance_audio import UtteranceAudio

BATCH = 16  # utterances that are read and stored together


def audio_hash(samples: np.ndarray) -> str:
    """Returns the hash of decoded audio at its own sampling rate, with the resolution of 16 bits.

    Args:
        samples: (N,) float in [-1, 1].

    Returns:
        32 hexadecimal digits.

    Example:
        >>> audio_hash(np.zeros(4)) == audio_hash(np.full(4, 1e-6, np.float32))
        True
    """
    pcm = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")
    return hashlib.blake2b(pcm.tobytes(), digest_size=16).hexdigest()


def audio_hashes(
    data_dir: str | Path, *, journal: str | Path, skip_bad: bool = False, allow_pipe: bool = False
) -> Iterator[tuple[str, str | None]]:
    """Yields (utterance, hash of its audio) of a data directory.

    Hashes are those of the table that extract_attributes writes. Without the table the audio is read; a call that was
    interrupted goes on where it was.

    Args:
        data_dir: any data directory.
        journal: file of the hashes of audio that was read, see `open_journal`.
        skip_bad: pass over utterances whose audio cannot be used.
        allow_pipe: run entries of ``wav.scp`` that are a command and ``|``.

    Raises:
        InputError: audio cannot be used, or a table is faulty.

    Example:
        >>> dict(audio_hashes("data/test", journal="hashes/test.jsonl"))["anna-1"]  # doctest: +SKIP
        'c1d0…'
    """
    directory = DataDir(data_dir)
    if directory.has(UTT2AUDIO_HASH):
        yield from directory.iterate(optional=[UTT2AUDIO_HASH])
        return
    audio = UtteranceAudio(directory.path, skipped=Skipped(allowed=skip_bad), allow_pipe=allow_pipe)
    with open_journal(journal, utterance_keys(audio, fingerprint)) as finished:
        batches = consecutive(audio.entries, BATCH)
        resumable_map(
            _hashes, audio, batches=batches, store=finished, key=fingerprint, title=str(data_dir), native_rate=True
        )
    yield from sorted((utterance, found) for utterance, (found,) in finished.done.items())


def _hashes(batch: AudioBatch) -> list[tuple[str]]:
    return [(audio_hash(waveform),) for waveform in batch.waveforms]
