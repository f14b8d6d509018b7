"""The acoustic attributes that rationales speak of: pitch, loudness and speaking rate."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from c2ser.acoustics.loudness import integrated_loudness
from c2ser.acoustics.pitch import mean_f0
from c2ser.acoustics.rate import speaking_rate
from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.tables import table_lines
from c2ser.errors import InputError


class Attributes(NamedTuple):
    """One utterance's attributes; what is undefined is nan. ``str`` gives the value of a line of ``attributes``.

    Attributes:
        pitch: mean F0 over voiced frames, Hz.
        energy: integrated loudness, LUFS.
        rate: phonemes per second of speech.
    """

    pitch: float
    energy: float
    rate: float

    def __str__(self) -> str:
        return " ".join(f"{value:.3f}" for value in self)


def measure_attributes(waveform: np.ndarray, text: str | None = None, language: str | None = None) -> Attributes:
    """Measures one utterance.

    Args:
        waveform: (samples,) at 16 kHz.
        text: the transcript; without it the rate is undefined.
        language: the transcript's, ISO 639-1; where it is unknown the rate is undefined.
    """
    return Attributes(
        pitch=mean_f0(waveform, SAMPLE_RATE),
        energy=integrated_loudness(waveform, SAMPLE_RATE),
        rate=speaking_rate(waveform, SAMPLE_RATE, text, language),
    )


def read_attributes(path: str | Path) -> dict[str, Attributes]:
    """Reads a table of ``<utterance> <pitch> <energy> <rate>``.

    Raises:
        InputError: the file is missing, or a line has not three numbers.
    """
    table = {}
    for number, utt, value in table_lines(path):
        try:
            table[utt] = Attributes(*map(float, value.split()))
        except (TypeError, ValueError):
            message = f"'{utt}': '{value}' should be three numbers, pitch, loudness and rate; run stage 2 again"
            raise InputError(f"{path}:{number}: {message}") from None
    return table
