"""Where speech is in a recording of any length, by Silero VAD, which is given it in blocks."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import torch

from c2ser.data.resample import SAMPLE_RATE

CHUNK = 512  # samples that the model judges at a time, at 16 kHz


class Change(NamedTuple):
    """Speech begins or ends.

    Attributes:
        speech: whether it begins.
        place: in samples from the recording's beginning.
    """

    speech: bool
    place: int


class VoiceActivity:
    """Finds speech in a stream.

    Args:
        pause: seconds without speech that end a stretch of speech.
        margin: seconds that are added to each side of a stretch.
        threshold: probability from which on a chunk is speech; a stretch ends at 0.15 less.

    Attributes:
        place: samples that have been judged.

    References:
        Silero Team. Silero VAD: pre-trained enterprise-grade voice activity detector. 2024.
        https://github.com/snakers4/silero-vad

    Example:
        >>> activity = VoiceActivity()
        >>> list(activity.update(np.zeros(16000, np.float32))), list(activity.finish())
        ([], [])
    """

    def __init__(self, *, pause: float = 0.5, margin: float = 0.1, threshold: float = 0.5):
        from silero_vad import VADIterator

        self.place = 0
        self._margin = round(SAMPLE_RATE * margin)
        self._rest = np.zeros(0, np.float32)
        self._iterator = VADIterator(
            copy.deepcopy(_model()),  # which has the stream's state
            threshold,
            SAMPLE_RATE,
            min_silence_duration_ms=round(1000 * pause),
            speech_pad_ms=round(1000 * margin),
        )

    def update(self, block: np.ndarray) -> Iterator[Change]:
        """Yields where speech begins and ends, as soon as that is certain.

        Args:
            block: the next samples (N,) at 16 kHz, float32.
        """
        samples = np.concatenate([self._rest, block])
        whole = len(samples) // CHUNK * CHUNK
        self._rest = samples[whole:]
        for chunk in torch.from_numpy(samples[:whole]).view(-1, CHUNK):
            yield from self._judge(chunk, CHUNK)

    def finish(self) -> Iterator[Change]:
        """Yields what is left to say at the end of the recording."""
        if length := len(self._rest):
            yield from self._judge(torch.from_numpy(np.pad(self._rest, (0, CHUNK - length))), length)
        if self._iterator.triggered:
            silent = self._iterator.temp_end  # end of the first chunk of a pause that is too short so far; 0 for none
            yield Change(False, min(self.place, silent - CHUNK + self._margin) if silent else self.place)

    def _judge(self, chunk: torch.Tensor, length: int) -> Iterator[Change]:
        found = self._iterator(chunk)
        self.place += length
        for name, place in (found or {}).items():
            yield Change(name == "start", min(place, self.place))


@cache
def _model() -> torch.jit.ScriptModule:
    threads = torch.get_num_threads()
    from silero_vad import load_silero_vad

    torch.set_num_threads(threads)  # the import sets it to 1 for the whole process
    return load_silero_vad()
