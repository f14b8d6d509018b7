"""Agreement of answers: Fleiss' own example, scikit-learn for two answers, and cases by hand."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from c2ser.scoring.agreement import agreement_measures, agreement_of_two, count_answers, fleiss_kappa, vote

LABELS = ["angry", "calm", "happy", "sad"]
# Ten utterances, fourteen answers, five categories: the example that is printed in most textbooks; kappa 0.210.
PRINTED = """0 0 0 0 14
0 2 6 4 2
0 0 3 5 6
0 3 9 2 0
2 2 8 1 1
7 7 0 0 0
3 2 6 3 0
2 5 3 2 2
6 5 2 1 0
0 2 2 3 7"""


def test_kappa_is_that_of_the_textbook():
    counts = np.array([line.split() for line in PRINTED.splitlines()], int)
    assert fleiss_kappa(counts) == pytest.approx(0.210, abs=5e-4)


def test_two_answers_without_a_first_one_agree_as_cohen_has_it_for_both_orders():
    """Of two raters Fleiss' kappa is Scott's pi: Cohen's kappa of the pairs in both orders."""
    rng = np.random.default_rng(2)
    pairs = [(str(a), str(a) if rng.random() < 0.6 else str(rng.integers(4))) for a in rng.integers(4, size=200)]
    kappa = fleiss_kappa(count_answers(dict(enumerate(pairs))))
    first, second = map(list, zip(*pairs))
    assert kappa == pytest.approx(cohen_kappa_score(first + second, second + first))


def test_measures_by_hand():
    measures = agreement_measures({"a": ["sad"] * 4, "b": ["sad", "sad", "angry", "angry"]})
    assert measures["same_answer"] == 0.5 and measures["modal_share"] == 0.75 and measures["entropy"] == 0.5
    # agreeing pairs: 6 of 6 and 2 of 6; by chance 0.75^2 + 0.25^2
    assert measures["kappa"] == pytest.approx(((1 + 1 / 3) / 2 - 0.625) / (1 - 0.625))
    assert agreement_measures({"a": ["sad"] * 3})["kappa"] is None
    rng = np.random.default_rng(1)
    random = {str(utt): list(map(str, rng.integers(5, size=10))) for utt in range(2000)}
    assert agreement_measures(random)["kappa"] == pytest.approx(0, abs=0.01)


def test_of_equally_frequent_answers_the_first_wins_the_vote():
    assert vote(["sad", "angry", "happy", "angry"]) == "angry"
    assert vote(["sad", "angry", "angry", "sad"]) == "sad"


def test_agreement_of_two_is_scikit_learns_with_an_interval_that_holds_it():
    rng = np.random.default_rng(3)
    first = [LABELS[place] for place in rng.integers(3, size=300)]
    second = [one if rng.random() < 0.7 else LABELS[rng.integers(4)] for one in first]
    agreement = agreement_of_two(first, second, labels=LABELS)
    assert agreement["kappa"] == pytest.approx(cohen_kappa_score(first, second))
    assert agreement["same_answer"] == np.mean([one == other for one, other in zip(first, second)])
    for name in ("kappa", "same_answer"):
        low, high = agreement["ci95"][name]
        assert low < agreement[name] < high < low + 0.25
    alike = agreement_of_two(["sad"] * 4, ["sad"] * 4, labels=LABELS)
    assert alike["kappa"] is None and alike["ci95"]["kappa"] is None and alike["ci95"]["same_answer"][0] < 0.6
