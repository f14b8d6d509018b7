"""Labels that are plain words."""

import pytest

from c2ser.emotions import EMOTIONS
from c2ser.languages import LANGUAGES, label_emotion


def test_words_of_every_language_are_labels():
    for language in LANGUAGES.values():
        assert {label_emotion(f" {word.upper()} ") for word in language.emotions.values()} == set(EMOTIONS)


@pytest.mark.parametrize(
    ("label", "emotion"),
    [("Fear", "fearful"), ("calm", "calm"), ("Neutral", "neutral"), ("生气", "angry"), ("吃惊", "surprised")],
)
def test_synonyms(label, emotion):
    assert label_emotion(label) == emotion


@pytest.mark.parametrize("label", ["breath", "ang", "worried", "happy sad", "not angry", "", "other", "<unk>"])
def test_others_are_no_label(label):
    assert label_emotion(label) is None
