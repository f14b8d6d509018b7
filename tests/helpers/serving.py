"""A service of a model with hardly any weights, and what clients send to it."""

from pathlib import Path
from typing import Any

import numpy as np

from c2ser.acoustics.levels import Thresholds
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.pipeline import C2SER
from helpers.audio import encoded, tone
from helpers.tiny_alm import ACOUSTIC_WIDTH, model_with
from helpers.tiny_emotion2vec import save_emotion2vec

THRESHOLDS = Thresholds({"pitch": (100, 150), "energy": (-30, -20), "rate": (5, 9)})


def tiny_model(llm: str, folder: Path) -> C2SER:
    """A model of random weights whose implicit answers are of the label set and whose explicit ones end soon."""
    encoder = Emotion2Vec.from_pretrained(save_emotion2vec(folder, width=ACOUSTIC_WIDTH))
    recognizer = C2SERRecognizer(model_with(llm), PAPER_EMOTIONS, max_new_tokens=12)
    recognizer.thresholds = THRESHOLDS
    return C2SER(encoder, recognizer)


def wav(seconds: float = 0.5, hertz: float = 220.0, rate: int = 16000) -> bytes:
    """A WAV of a tone."""
    return encoded((tone(rate, seconds, hertz) * 32767).astype(np.int16), rate, format="WAV")


def upload(content: bytes | None = None, name: str = "a.wav") -> dict[str, Any]:
    """The keyword of a client's ``post`` that sends a file."""
    return {"files": {"file": (name, wav() if content is None else content)}}
