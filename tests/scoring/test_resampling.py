"""Intervals over speakers and utterances: against plain resampling, and how often they hold the truth."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, recall_score

from c2ser.scoring import resampling
from c2ser.scoring.metrics import overall_scores, resampled_scores, score_intervals, units_of_counts
from c2ser.scoring.resampling import SPEAKERS, UTTERANCES, Units, are_several, percentile_interval, units_of

NUM_CLASSES = 4
SHAPE = (NUM_CLASSES, NUM_CLASSES + 1)
CLASS_SHARES = np.array([0.4, 0.3, 0.2, 0.1])
RECALLS = np.array([0.9, 0.7, 0.6, 0.4])


def random_answers(rng: np.random.Generator, recalls: np.ndarray, *, per_speaker: int) -> tuple[np.ndarray, ...]:
    """Speakers, truths and answers; recalls (S, C) are those of each speaker, wrong answers are one class further."""
    speakers = np.repeat(np.arange(len(recalls)), per_speaker)
    truths = rng.choice(NUM_CLASSES, len(speakers), p=CLASS_SHARES)
    right = rng.random(len(speakers)) < recalls[speakers, truths]
    return speakers, truths, np.where(right, truths, (truths + 1) % NUM_CLASSES)


def random_recalls(rng: np.random.Generator, num_speakers: int) -> np.ndarray:
    """Speakers differ: their recalls move together, on the scale of log odds."""
    odds = np.log(RECALLS / (1 - RECALLS)) + rng.normal(0, 0.8, (num_speakers, 1))
    return 1 / (1 + np.exp(-odds))


def cells(truths: np.ndarray, answers: np.ndarray) -> np.ndarray:
    return truths * SHAPE[1] + answers


def test_draws_over_speakers_are_those_of_their_utterances():
    rng = np.random.default_rng(0)
    speakers, truths, answers = random_answers(rng, random_recalls(rng, 12), per_speaker=20)
    units = units_of([cells(truths, answers)], [np.prod(SHAPE)], speaker=speakers * 7)
    assert (units.number, units.over) == (12, SPEAKERS)
    ours = resampled_scores(units, SHAPE)
    plain = {"wa": [], "ua": []}
    for _ in range(600):
        drawn = np.concatenate([np.flatnonzero(speakers == one) for one in rng.integers(12, size=12)])
        plain["wa"].append(accuracy_score(truths[drawn], answers[drawn]))
        plain["ua"].append(recall_score(truths[drawn], answers[drawn], average="macro", zero_division=0))
    for name, values in plain.items():
        assert np.quantile(ours[name], [0.025, 0.5, 0.975]) == pytest.approx(
            np.quantile(values, [0.025, 0.5, 0.975]), abs=0.02
        )


def test_utterances_that_add_the_same_are_drawn_together():
    answers = np.array([0, 0, 3, 3, 3, 1])
    units = units_of([answers], [4])
    assert units.over == UTTERANCES and units.number == 6
    assert units.counts.toarray().tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert units.times.tolist() == [2, 1, 3]
    draws = np.concatenate(list(units.draws()))
    assert draws.shape == (resampling.RESAMPLES, 4) and set(draws.sum(axis=1)) == {6}
    assert draws.mean(axis=0) == pytest.approx([2, 1, 0, 3], abs=0.1)


def test_two_systems_have_the_same_draws():
    units = units_of([np.array([0, 1, 1, 0]), np.array([1, 0, 0, 1])], [2, 2])
    for draws in units.draws():
        assert (draws[:, 0] == draws[:, 3]).all() and (draws[:, 1] == draws[:, 2]).all()


def test_more_units_than_can_be_drawn_singly_have_the_same_interval(monkeypatch):
    rng = np.random.default_rng(3)
    speakers, truths, answers = random_answers(rng, random_recalls(rng, 3000), per_speaker=5)
    widths = []
    for most in (10_000, 500):
        monkeypatch.setattr(resampling, "MAX_UNITS", most)
        units = units_of([cells(truths, answers)], [np.prod(SHAPE)], speaker=speakers)
        low, high = percentile_interval(resampled_scores(units, SHAPE)["ua"], units.number)
        widths.append(high - low)
    assert units.number == 500 and widths[0] == pytest.approx(widths[1], rel=0.15)


@pytest.mark.parametrize(
    "num_speakers, num_utts, several", [(4, 100, False), (5, 100, True), (100, 100, False), (0, 10, False)]
)
def test_speakers_are_drawn_where_there_are_several_and_they_are_known(num_speakers, num_utts, several):
    assert are_several(num_speakers, num_utts) == several


def hit_rates(sets, truth: np.ndarray) -> dict[str, float]:
    """How often the interval of a set, (units, counts), holds each figure of the population."""
    truths, hits = overall_scores(truth), []
    for units, counts in sets:
        intervals = score_intervals(counts, resampled_scores(units, SHAPE), num_units=units.number)
        hits.append([intervals[name][0] <= truths[name] <= intervals[name][1] for name in ("wa", "ua", "macro_f1")])
    return dict(zip(("wa", "ua", "macro_f1"), np.mean(hits, axis=0)))


def test_95_percent_of_intervals_over_utterances_hold_the_truth(monkeypatch):
    monkeypatch.setattr(resampling, "RESAMPLES", 1000)
    rng = np.random.default_rng(6)
    shares = np.zeros(SHAPE)
    for row, (share, recall) in enumerate(zip(CLASS_SHARES, RECALLS)):
        shares[row, row], shares[row, -1] = share * recall, share * (1 - recall)
    draws = (rng.multinomial(250, shares.ravel()).reshape(SHAPE) for _ in range(500))
    rates = hit_rates(((units_of_counts(counts), counts) for counts in draws), 1e6 * shares)
    assert all(0.93 <= rate <= 0.97 for rate in rates.values()), rates


@pytest.mark.parametrize("num_speakers", [10, 30])
def test_95_percent_of_intervals_over_speakers_hold_the_truth(monkeypatch, num_speakers):
    monkeypatch.setattr(resampling, "RESAMPLES", 600)
    rng = np.random.default_rng(4)

    def counted(speakers: int, per_speaker: int) -> tuple[Units, np.ndarray]:
        who, truths, answers = random_answers(rng, random_recalls(rng, speakers), per_speaker=per_speaker)
        units = units_of([cells(truths, answers)], [np.prod(SHAPE)], speaker=who)
        return units, np.asarray(units.counts.sum(axis=0)).reshape(SHAPE)

    _, truth = counted(20_000, 100)
    rates = hit_rates((counted(num_speakers, 60) for _ in range(500)), truth)
    assert all(0.93 <= rate <= 0.97 for rate in rates.values()), rates
