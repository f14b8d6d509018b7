"""What the report warns of."""

import pytest

from c2ser.pseudo_label.evaluation import teacher_scores
from c2ser.pseudo_label.report import warnings
from c2ser.pseudo_label.teacher import Answer


@pytest.mark.parametrize(("right", "warned"), [(45, True), (58, True), (75, False)])
def test_the_interval_of_the_accuracy_decides_whether_a_teacher_has_learned(right, warned):
    """Half of 100 utterances are of the most frequent emotion; 58 right ones might be luck."""
    truth = {f"u{utt:03d}": "sad" if utt < 50 else "angry" for utt in range(100)}
    other = {"sad": "angry", "angry": "sad"}
    answers = {
        utt: Answer(truth[utt] if number < right else other[truth[utt]], 1.0) for number, utt in enumerate(truth)
    }
    held_out = {"teachers": {"text": teacher_scores(answers, truth)}, "n_seen_speakers": 0}
    lines = warnings({"n_labelled": 1, "held_out": held_out})
    assert [("--text none" in line) for line in lines] == [True] * warned
