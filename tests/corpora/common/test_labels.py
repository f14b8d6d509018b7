"""Labels that are merged or left out."""

from c2ser.corpora.common.labels import ENGLISH_LABELS, LabelCounts, find_label
from c2ser.emotions import EMOTIONS


def test_english_labels_are_words_for_the_vocabulary():
    assert set(ENGLISH_LABELS.values()) == set(EMOTIONS)
    assert all(word == word.casefold() for word in ENGLISH_LABELS)


def test_own_labels_come_before_english_words():
    own = {"A": "fearful", "Calm": "neutral", "joy": None}
    found = {label: find_label(label, own) for label in ("a", "A", "calm", "JOY", " Sadness ", "breath")}
    assert found == {"a": "fearful", "A": "fearful", "calm": "neutral", "JOY": None, " Sadness ": "sad", "breath": None}


def count(*labels: tuple[str, int, str | None, str | None]) -> LabelCounts:
    counts = LabelCounts()
    for label, number, emotion, word in labels:
        for _ in range(number):
            counts.add(label, emotion, word=word)
    return counts


def test_merged_labels_are_reported_once_per_emotion():
    counts = count(("Calm", 192, "neutral", None), ("Neutral", 96, "neutral", None), ("sad", 5, "sad", None))
    assert counts.merged_labels() == ["calm (192) counted as neutral"]
    counts = count(("exc", 3, "happy", "Happy"), ("hap", 2, "happy", "Happy"), ("ang", 1, "angry", "Angry"))
    assert counts.merged_labels() == ["exc (3), hap (2) counted as happy"]
    assert count(("s", 1, "sad", "Sad"), ("S", 1, "sad", "Sad")).merged_labels() == []
    assert count(("joy", 1, "happy", None), ("happiness", 2, "happy", None)).merged_labels() == [
        "happiness (2), joy (1) counted as happy"
    ]


def test_labels_left_out_are_counted_in_words():
    counts = count(("13", 2, None, "breath"), ("02", 1, "neutral", "Neutral"), ("12", 1, None, "disappointment"))
    assert (counts.left_out, counts.total) == (3, 4)
    assert counts.left_out_labels() == "'breath' 2, 'disappointment' 1"
