"""What Python callers give to Emotion2Vec."""

import numpy as np
import pytest
from helpers.tiny_emotion2vec import save_emotion2vec

from c2ser.emotion2vec import Emotion2Vec
from c2ser.errors import InputError


@pytest.fixture
def model(tmp_path) -> Emotion2Vec:
    return Emotion2Vec.from_pretrained(save_emotion2vec(tmp_path, width=24))


@pytest.mark.parametrize(
    "waveform, message",
    [
        (np.zeros(121 * 16000, np.float32), "121 s long, and an utterance has at most 120 s"),
        (np.zeros(16000, np.int16), "int16"),
        (np.full(16000, np.nan, np.float32), "NaN"),
        (np.zeros((2, 16000), np.float32), "shape"),
        (np.full(16000, 9000.0, np.float32), "full scale is 1"),
    ],
)
def test_arrays_that_are_not_waveforms_are_one_line(model, waveform, message):
    with pytest.raises(InputError, match=f"^waveform 2: .*{message}") as error:
        model.extract([np.zeros(1000, np.float32), waveform])
    assert "\n" not in str(error.value)


def test_the_limit_of_length_can_be_chosen(model):
    waveform = np.zeros(16000, np.float32)
    with pytest.raises(InputError, match="^waveform 1: 1 s long, and an utterance has at most 0.5 s"):
        model.extract([waveform], max_seconds=0.5)
    assert model.extract([waveform], max_seconds=None)[0]["utterance"].shape == (10, 24)
