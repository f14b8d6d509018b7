"""Systems by name."""

import pytest
from helpers.tiny_alm import model_with

from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.recognizer import Recognition, load_recognizer


def test_unknown_systems_are_one_line():
    with pytest.raises(InputError, match="unknown system 'human'; known are .*c2ser"):
        load_recognizer("human", "exp")


def test_what_changes_the_answers_changes_the_identity(llms):
    model = model_with(llms["qwen2"])

    def identity(**options) -> dict:
        return C2SERRecognizer(model, PAPER_EMOTIONS, **options).identity()

    first = identity()
    assert identity() == first
    for options in ({"num_beams": 2}, {"max_new_tokens": 9}, {"seed": 1}, {"constrained": True}, {"temperature": 1.0}):
        assert identity(**options) != first, options
    for options in ({"top_k": 2}, {"end_tokens": [7]}, {"answers": {}}, {"reasons": "measured"}):
        assert identity(**options) != first, options
    model.connector.output.bias.data[0] += 1e-3
    assert identity() != first


def test_a_recognition_carries_what_its_text_states():
    text = 'The speaker talks at a slow pace, in a high pitch. The words "I am happy" are heard. The emotion is sad.'
    rationale = Recognition("sad", text).rationale
    assert rationale.level("rate") == "low" and rationale.level("pitch") == "high" and rationale.level("energy") is None
    assert rationale.quotes == ("I am happy",) and rationale.language == "en" and rationale.emotion == "sad"
