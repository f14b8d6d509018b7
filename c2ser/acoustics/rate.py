"""Speaking rate: phonemes per second of speech."""

import numpy as np

from c2ser.acoustics.phonemes import count_phonemes

FRAME_SECONDS = 0.01
SILENCE_DB = -40.0  # relative to the loudest frame


def speaking_rate(waveform: np.ndarray, sample_rate: int, text: str | None, language: str | None) -> float:
    """Returns the transcript's phonemes per second, pauses included, silence before and after the speech not.

    Args:
        waveform: (samples,), mono.
        sample_rate: Hz.
        text: the transcript, or None.
        language: ISO 639-1, or None.

    Returns:
        Phonemes per second; nan without a text with words, a language that eSpeak NG knows, or any sound.
    """
    phonemes = count_phonemes(text, language) if text and language else None
    seconds = speech_seconds(waveform, sample_rate)
    return phonemes / seconds if phonemes and seconds else float("nan")


def speech_seconds(waveform: np.ndarray, sample_rate: int) -> float:
    """Returns the time from the first to the last frame within 40 dB of the loudest; 0 for digital silence."""
    size = int(FRAME_SECONDS * sample_rate)
    padded = np.pad(waveform, (0, -len(waveform) % size))
    energy = np.square(padded, dtype=np.float64).reshape(-1, size).sum(axis=1)
    (loud,) = np.nonzero(energy > energy.max() * 10 ** (SILENCE_DB / 10))
    return float(loud[-1] - loud[0] + 1) * FRAME_SECONDS if loud.size else 0.0
