"""Recordings of speech with pauses, for tests of where speech is."""

from functools import cache

import numpy as np
import pytest

RATE = 16000
SENTENCES = ("Tomorrow it will rain in the north.", "I have read the long letter twice.", "The train was late again.")


@cache
def sentences() -> tuple[np.ndarray, ...]:
    """Three spoken sentences (N,) at 16 kHz; the test is skipped where the voice is not installed."""
    pytest.importorskip("espeakng_loader", reason="the voice of the extra [recipe] is not installed")
    from c2ser.data.resample import resample
    from c2ser.synthesis.espeak import SAMPLE_RATE, speak

    return tuple(_trim(resample(speak(text, "en-us+f2"), SAMPLE_RATE)) for text in SENTENCES)


def recording(*parts: float | np.ndarray) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Joins speech and pauses, which are numbers of seconds.

    Returns:
        The samples (N,) at 16 kHz, and start and end of each piece of speech in seconds.
    """
    pieces, spans, place = [], [], 0
    for part in parts:
        is_pause = isinstance(part, (int, float))
        piece = np.zeros(round(part * RATE), np.float32) if is_pause else part
        if not is_pause:
            spans.append((place / RATE, (place + len(piece)) / RATE))
        pieces.append(piece)
        place += len(piece)
    return np.concatenate(pieces), spans


def _trim(samples: np.ndarray) -> np.ndarray:
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1] + 1]
