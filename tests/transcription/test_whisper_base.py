"""Whisper base on real speech, against transformers."""

import re

import numpy as np
import pytest
from helpers.tiny_whisper import RATE, transformers_text

from c2ser.data.audio import read_audio
from c2ser.transcription.transcriber import Transcriber

SENTENCES = {
    "03a01Nc": "Der Lappen liegt auf dem Eisschrank",
    "08a07Na": "In sieben Stunden wird es soweit sein",
    "15a04Nc": "Heute abend könnte ich es ihm sagen",
}


@pytest.fixture(scope="module")
def whisper(shared) -> Transcriber:
    return Transcriber.load(str(shared / "models/whisper-base"))


def word_errors(reference: str, said: str) -> int:
    """Words put in, left out, or replaced."""
    reference, said = (re.sub(r"[^\w ]", "", text.lower()).split() for text in (reference, said))
    row = list(range(len(said) + 1))
    for number, word in enumerate(reference, 1):
        corner, row[0] = row[0], number
        for place, other in enumerate(said, 1):
            corner, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, corner + (word != other))
    return row[-1]


def test_german_is_heard_as_transformers_hears_it(whisper, shared):
    waveforms = [read_audio(shared / f"data/emodb/wav/{utt}.wav") for utt in SENTENCES]
    said = whisper.transcribe(waveforms, [None] * len(waveforms))
    assert [transcript.language for transcript in said] == ["de"] * len(waveforms)
    errors = sum(word_errors(text, transcript.text) for text, transcript in zip(SENTENCES.values(), said))
    assert errors <= 0.2 * sum(len(text.split()) for text in SENTENCES.values())
    assert whisper.transcribe(waveforms[:1], [None]) == said[:1]
    assert transformers_text(shared / "models/whisper-base", waveforms[:1]) == [said[0].text]


def test_no_words_in_silence_and_noise(whisper):
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(2 * RATE).astype("f4")
    hum = np.sin(2 * np.pi * 50 * np.arange(2 * RATE) / RATE).astype("f4")
    sounds = [np.zeros(2 * RATE, "f4"), 0.01 * noise, 0.1 * hum]
    assert [said.text for said in whisper.transcribe(sounds, [None] * len(sounds))] == [""] * len(sounds)
