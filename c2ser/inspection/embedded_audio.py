"""Audio inside a page, so that the page plays wherever it is sent."""

import base64
import io
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from c2ser.data.resample import SAMPLE_RATE, resample
from c2ser.data.skipped import Skipped
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.errors import InputError

MAX_SECONDS = 30  # of an utterance in the page


class Audio(NamedTuple):
    """An utterance's audio.

    Attributes:
        source: data URI of a FLAC at 16 kHz, of at most `MAX_SECONDS`; None where the audio cannot be read.
        seconds: the whole length.
        fault: why there is none, in one line.
    """

    source: str | None = None
    seconds: float | None = None
    fault: str | None = None


class EmbeddedAudio:
    """Reads audio for a page. What cannot be read is a fault in the page, no error.

    Args:
        data_dir: has ``wav.scp``; entries that are a command are not run.
        utterances: those that are wanted.

    Example:
        >>> EmbeddedAudio("nowhere", {"anna-1"}).read("anna-1").fault
        'nowhere/wav.scp: no such file'
    """

    def __init__(self, data_dir: str | Path, utterances: Collection[str]):
        self._skipped = Skipped(allowed=True)
        self._audio: UtteranceAudio | None = None
        self._fault: str | None = None
        try:
            self._audio = UtteranceAudio(data_dir, utterances, skipped=self._skipped)
        except InputError as error:
            self._fault = str(error)

    def read(self, utterance: str) -> Audio:
        """Reads one utterance."""
        recording = None
        if self._audio is not None and utterance in self._audio.entries:
            recording = self._audio.read(utterance)
        if recording is None:
            return Audio(fault=self._fault or self._skipped.reasons.get(utterance))
        waveform = resample(recording.samples, recording.sample_rate)[: MAX_SECONDS * SAMPLE_RATE]
        content = io.BytesIO()
        soundfile.write(content, np.clip(waveform, -1, 1), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
        encoded = base64.b64encode(content.getvalue()).decode()
        return Audio(f"data:audio/flac;base64,{encoded}", recording.seconds)
