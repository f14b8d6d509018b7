"""Intervals of shares, against those of accuracy, and where answers repeat."""

import numpy as np
import pytest

from c2ser.scoring.metrics import bootstrap_intervals, wilson_interval
from c2ser.scoring.shares import share_interval


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_of_one_answer_an_utterance_it_is_that_of_accuracy(share):
    names = [str(number) for number in range(200)]
    hits = [number < 200 * share for number in range(200)]
    expected = bootstrap_intervals(np.array([[sum(hits), 200 - sum(hits)]]))["wa"]
    assert share_interval(hits, utterances=names, units=names) == pytest.approx(expected, abs=0.011)


def test_answers_to_an_utterance_are_no_evidence_of_each_other():
    hits, names = [True, False, True, True, False, False, True] * 5, [str(number) for number in range(35)]
    once = share_interval(hits, utterances=names, units=names)
    assert share_interval(hits * 4, utterances=names * 4, units=names * 4) == once


def test_speakers_that_differ_make_it_wide():
    names = [str(number) for number in range(60)]
    hits, speakers = [number < 30 for number in range(60)], [str(number // 10) for number in range(60)]
    (low, high), (low_of_speakers, high_of_speakers) = (
        share_interval(hits, utterances=names, units=units) for units in (names, speakers)
    )
    assert high_of_speakers - low_of_speakers > 2 * (high - low)
    assert share_interval([False] * 60, utterances=names, units=speakers) == wilson_interval(0, 60)
