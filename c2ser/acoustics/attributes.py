"""The acoustic attributes of rationales: pitch, loudness and speaking rate."""

import math
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from c2ser.acoustics.loudness import integrated_loudness
from c2ser.acoustics.pitch import mean_f0
from c2ser.acoustics.rate import speaking_rate
from c2ser.acoustics.undefined import Undefined
from c2ser.data.tables import parsed_lines
from c2ser.errors import InputError

MEASURING = ("parselmouth", "pyloudnorm", "phonemizer", "espeakng_loader")


class Attributes(NamedTuple):
    """Attributes of one utterance; undefined ones are nan. ``str`` formats them as in the table ``attributes``.

    Attributes:
        pitch: mean F0 over voiced frames, in Hz.
        energy: integrated loudness, in LUFS.
        rate: phonemes per second of speech.

    Example:
        >>> str(Attributes(220.0, -23.0, math.nan))
        '220.000 -23.000 nan'
    """

    pitch: float
    energy: float
    rate: float

    def __str__(self) -> str:
        return " ".join(f"{value:.3f}" for value in self)


def measure_attributes(
    waveform: np.ndarray,
    sample_rate: int,
    *,
    text: str | None = None,
    language: str | None = None,
    pitch_extractor: str = "praat",
) -> tuple[Attributes, dict[str, str]]:
    """Measures one utterance.

    Args:
        waveform: (N,), mono, preferably at the recording's own rate: resampling changes the voicing of some frames.
        sample_rate: in Hz.
        text: the transcript; without it the rate is undefined.
        language: language of the transcript, ISO 639-1; without it the rate is undefined.
        pitch_extractor: ``praat`` or ``world``, see `mean_f0`.

    Returns:
        The attributes, and the reason for each undefined one, by name.

    Example:
        >>> attributes, reasons = measure_attributes(np.zeros(16000, np.float32), 16000)
        >>> reasons["pitch"]
        'no voiced frame'
    """
    measures = {
        "pitch": partial(mean_f0, waveform, sample_rate, extractor=pitch_extractor),
        "energy": partial(integrated_loudness, waveform, sample_rate),
        "rate": partial(speaking_rate, waveform, sample_rate, text=text, language=language),
    }
    values, reasons = {}, {}
    for name, measure in measures.items():
        try:
            values[name] = measure()
        except Undefined as reason:
            values[name], reasons[name] = math.nan, str(reason)
    return Attributes(**values), reasons


def check_installed() -> None:
    """Checks that what measures attributes is installed, without loading it.

    Raises:
        InputError: it is not.
    """
    missing = [name for name in MEASURING if find_spec(name) is None]
    if missing:
        raise InputError(
            f"attributes cannot be measured: {', '.join(missing)} not installed; install c2ser with the extra [recipe]"
        )


def read_attributes(path: str | Path) -> dict[str, Attributes]:
    """Reads a table of ``<utterance> <pitch> <loudness> <rate>``.

    Args:
        path: the table.

    Returns:
        Utterance -> attributes.

    Raises:
        InputError: the file is missing, a key is duplicate or out of order, or a line does not have three numbers.
    """
    return {utt: attributes for _, utt, attributes in parsed_lines(path, parse_attributes)}


def parse_attributes(value: str) -> Attributes:
    """Parses a value of the table of attributes.

    Raises:
        ValueError: it is not three numbers.

    Example:
        >>> parse_attributes("203.1 -23.4 nan").pitch
        203.1
    """
    try:
        pitch, loudness, rate = map(float, value.split())
    except ValueError:
        message = f"'{value}' should be three numbers, pitch, loudness and rate; run extract_attributes again"
        raise ValueError(message) from None
    return Attributes(pitch, loudness, rate)
