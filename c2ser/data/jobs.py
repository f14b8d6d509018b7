"""Work on all utterances of a data directory that may be interrupted at any time, and goes on where it was."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from tqdm import tqdm

from c2ser.data.audio_counts import AudioCounts
from c2ser.data.batches import prefetch
from c2ser.data.decode import Recording
from c2ser.data.resample import SAMPLE_RATE, resample
from c2ser.data.utterance_audio import UtteranceAudio

logger = logging.getLogger(__name__)


class Store(Protocol):
    """Where results go: a `c2ser.data.journal.Journal` or a `c2ser.data.resumable_ark.ResumableArk`."""

    @property
    def done(self) -> Mapping[str, Any]: ...

    def append(self, keys: Mapping[str, str], results: Mapping[str, Any]) -> None: ...


class AudioBatch(NamedTuple):
    """Utterances and their audio, read.

    Attributes:
        keys: utterance -> the fingerprint of what its result is made from, taken before its audio was read, so that a
            change meanwhile is noticed later.
        recordings: of each utterance, in the same order; at 16 kHz unless the native rates were asked for.
    """

    keys: dict[str, str]
    recordings: list[Recording]

    @property
    def utterances(self) -> list[str]:
        """Their ids."""
        return list(self.keys)

    @property
    def waveforms(self) -> list[np.ndarray]:
        """(N,) float32 of each."""
        return [recording.samples for recording in self.recordings]


def utterance_keys(audio: UtteranceAudio, key: Callable[[str, tuple], str]) -> dict[str, str]:
    """Returns utterance -> fingerprint of what its result is made from.

    Args:
        audio: the utterances.
        key: makes a fingerprint of an utterance and the stamp of its audio.
    """
    return {utt: key(utt, audio.stamp(utt)) for utt in audio.entries}


def resumable_map(
    function: Callable[[AudioBatch], Sequence],
    audio: UtteranceAudio,
    *,
    batches: Iterable[Collection[str]],
    store: Store,
    key: Callable[[str, tuple], str],
    title: str,
    native_rate: bool = False,
) -> None:
    """Applies a function to batches of utterances and stores each batch's results once they are there.

    Utterances that the store has are left out, so that a call after an interruption does the rest. While the function
    works on one batch the next one is read; no more than three are in memory. At the end the log has the number of
    utterances and the speed.

    Args:
        function: batch -> a result per utterance.
        audio: reads utterances; those that it skips have no result.
        batches: ids of utterances.
        store: has results, and takes new ones.
        key: see `utterance_keys`.
        title: of the progress bar.
        native_rate: leave audio at its own sampling rate.

    Raises:
        InputError: audio cannot be used; what was stored before stays.

    Example:
        >>> with open_journal("peaks.jsonl", utterance_keys(audio, fingerprint)) as journal:  # doctest: +SKIP
        ...     resumable_map(peaks, audio, batches=batches, store=journal, key=fingerprint, title="peaks")
    """

    def load(utterances: Sequence[str]) -> tuple[int, AudioBatch]:
        return len(utterances), _read_batch(audio, utterances, key, native_rate)

    num_there, counts = len(store.done), AudioCounts()
    seconds, started = 0.0, time.monotonic()
    missing = _missing(batches, store.done)
    with tqdm(total=len(audio.entries), initial=num_there, desc=title, unit="utt", disable=None) as progress:
        for num_read, batch in prefetch(load, missing):
            if batch.keys:
                store.append(batch.keys, dict(zip(batch.keys, function(batch), strict=True)))
                seconds += sum(recording.seconds for recording in batch.recordings)
                counts.add(dict(zip(batch.keys, batch.recordings)))
            progress.update(num_read)
    _log_outcome(title, len(store.done) - num_there, num_there, seconds, time.monotonic() - started)
    counts.report(title)


def _missing(batches: Iterable[Collection[str]], done: Collection[str]) -> Iterable[list[str]]:
    for batch in batches:
        if missing := [utt for utt in batch if utt not in done]:
            yield missing


def _read_batch(
    audio: UtteranceAudio, utterances: Sequence[str], key: Callable[[str, tuple], str], native_rate: bool
) -> AudioBatch:
    batch = AudioBatch({}, [])
    for utt in utterances:
        own_key = key(utt, audio.stamp(utt))
        recording = audio.read(utt)
        if recording is not None:
            batch.keys[utt] = own_key
            batch.recordings.append(recording if native_rate else _at_16_khz(recording))
    return batch


def _at_16_khz(recording: Recording) -> Recording:
    samples = resample(recording.samples, recording.sample_rate)
    return recording._replace(samples=samples, sample_rate=SAMPLE_RATE)


def _log_outcome(title: str, num_new: int, num_there: int, seconds: float, elapsed: float) -> None:
    message = "%s: %d utterances, %.2f h of audio, in %.1f s: %.1f times real time; %d more were there already"
    logger.info(message, title, num_new, seconds / 3600, elapsed, seconds / elapsed, num_there)
