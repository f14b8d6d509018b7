"""Speaking rate: phonemes per second of speech."""

import re

import numpy as np

from c2ser.acoustics.phonemes import count_phonemes
from c2ser.acoustics.undefined import Undefined

FRAME_SECONDS = 0.01
FASTEST = 40.0  # phonemes/s, far above the fastest speech; beyond it the audio and its transcript do not fit
SILENCE_DB = -40.0  # relative to the loudest frame
HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")  # Chinese characters
HAN_LANGUAGES = frozenset({"zh"})  # in which eSpeak NG reads them


def speaking_rate(waveform: np.ndarray, sample_rate: int, *, text: str | None, language: str | None) -> float:
    """Returns the transcript's phonemes per second, pauses included, silence before and after the speech not.

    Args:
        waveform: (samples,), mono.
        sample_rate: Hz.
        text: the transcript, or None.
        language: ISO 639-1, or None.

    Returns:
        Phonemes per second.

    Raises:
        Undefined: there is no text with words, no language that eSpeak NG knows, no sound, a rate that is impossible
            because the transcript is not that of the audio, or there are Chinese characters in another language, such
            as kanji, each of which eSpeak NG reads as the words "Chinese letter".
    """
    if not text:
        raise Undefined("no transcript")
    if not language:
        raise Undefined("no language")
    if language not in HAN_LANGUAGES and HAN.search(text):
        raise Undefined(f"Chinese characters, which eSpeak NG cannot read in language {language}")
    phonemes = count_phonemes(text, language)
    if phonemes is None:
        raise Undefined(f"eSpeak NG does not know language {language}")
    if phonemes == 0:
        raise Undefined("no words in the transcript")
    seconds = speech_seconds(waveform, sample_rate)
    if seconds == 0:
        raise Undefined("digital silence")
    rate = phonemes / seconds
    if rate > FASTEST:
        raise Undefined("more phonemes than can be spoken in the time of the audio")
    return rate


def speech_seconds(waveform: np.ndarray, sample_rate: int) -> float:
    """Returns the time from the first to the last frame within 40 dB of the loudest; 0 for digital silence."""
    size = round(FRAME_SECONDS * sample_rate)
    padded = np.pad(waveform, (0, -len(waveform) % size))
    energy = np.square(padded, dtype=np.float64).reshape(-1, size).sum(axis=1)
    (loud,) = np.nonzero(energy > energy.max() * 10 ** (SILENCE_DB / 10))
    return float(loud[-1] - loud[0] + 1) * size / sample_rate if loud.size else 0.0
