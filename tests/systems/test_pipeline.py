"""Files and arrays that users give: one line where they cannot be used, before the model sees them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.tiny_alm import ACOUSTIC_WIDTH, model_with
from helpers.tiny_emotion2vec import save_emotion2vec

from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.pipeline import C2SER


@pytest.fixture
def model(llms, tmp_path) -> C2SER:
    encoder = Emotion2Vec.from_pretrained(save_emotion2vec(tmp_path / "encoder", width=ACOUSTIC_WIDTH))
    return C2SER(encoder, C2SERRecognizer(model_with(llms["qwen2"]), PAPER_EMOTIONS, constrained=True))


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(scale=0.1, size=int(seconds * 16000))


def test_files_and_arrays_of_floating_point_are_the_same(model, tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(0.5), 16000, subtype="DOUBLE")
    path, array = model.recognize([tmp_path / "a.wav", noise(0.5)])
    assert (path.emotion, path.text) == (array.emotion, array.text) and path.emotion in PAPER_EMOTIONS
    assert path.scores == pytest.approx(array.scores, rel=1e-4)  # rows of a batch differ by rounding


@pytest.mark.parametrize(
    "array, message",
    [
        ((noise(0.1) * 32767).astype(np.int16), "int16"),
        (np.full(1000, np.nan, np.float32), "NaN or infinite"),
        (np.zeros((2, 1000), np.float32), r"shape \(2, 1000\)"),
        (noise(0.1) * 32767, "full scale is 1"),
        (np.zeros(121 * 16000, np.float32), "121 s long, and an utterance has at most 120 s"),
    ],
)
def test_arrays_that_are_not_waveforms_are_one_line(model, array, message):
    with pytest.raises(InputError, match=f"^waveform 2: .*{message}.*$"):
        model.recognize([noise(0.1), array])


def test_files_that_cannot_be_used_are_one_line(model, tmp_path):
    def refused(path: Path, message: str) -> None:
        with pytest.raises(InputError, match=f"^{path}: .*{message}.*$"):
            model.recognize(path)

    refused(tmp_path / "gone.wav", "no such file; check the path")
    soundfile.write(tmp_path / "long.wav", np.zeros(8000 * 121), 8000)
    refused(tmp_path / "long.wav", "121 s long, and an utterance has at most 120 s")
    soundfile.write(tmp_path / "loud.wav", noise(0.1) * 32767, 16000, subtype="FLOAT")
    refused(tmp_path / "loud.wav", "full scale is 1; divide by 32768")
