"""Agreement of teachers, and which answers are kept."""

import numpy as np
import pytest
from helpers.pseudo_label import random_answers

from c2ser.pseudo_label.agreement import agreement, most_confident, most_confident_per_emotion


def test_agreement_is_symmetric_and_shrinks_with_the_thresholds():
    rng = np.random.default_rng(0)
    one, other = random_answers(rng, 100), random_answers(rng, 100)
    kept = [agreement([one, other], [least, least / 2]) for least in (0, 0.3, 0.6, 0.8, 1)]
    assert all(more.items() >= fewer.items() for more, fewer in zip(kept, kept[1:]))
    assert kept[2] == agreement([other, one], [0.3, 0.6])
    assert kept[0].keys() == {utt for utt in one.keys() & other.keys() if one[utt].emotion == other[utt].emotion}
    for utt, (emotion, confidence) in kept[2].items():
        assert one[utt].emotion == emotion and one[utt].confidence >= 0.6 and other[utt].confidence >= 0.3
        assert confidence == pytest.approx(one[utt].confidence * other[utt].confidence)
    assert agreement([one], [0]) == one


def test_the_most_confident_are_kept_whatever_the_order():
    answers = random_answers(np.random.default_rng(1), 100)
    shuffled = dict(sorted(answers.items(), reverse=True))
    for count in (0, 1, 7, 1000):
        kept = most_confident(answers, count)
        assert list(kept.items()) == list(most_confident(shuffled, count).items()) and len(kept) == min(
            count, len(answers)
        )
        left = answers.keys() - kept.keys()
        worst = min(((kept[utt].confidence) for utt in kept), default=1)
        assert all(answers[utt].confidence <= worst for utt in left)
        by_class = most_confident_per_emotion(answers, ("angry", "happy", "sad"), count=count)
        for emotion in ("angry", "happy", "sad"):
            of_emotion = {utt: answer for utt, answer in answers.items() if answer.emotion == emotion}
            assert {u: a for u, a in by_class.items() if a.emotion == emotion} == most_confident(of_emotion, count)
