"""Ratios of sums, and their intervals."""

from collections import Counter

import numpy as np
import pytest

from c2ser.scoring.ratios import ratio, ratio_interval


def pairs(seed: int, number: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 40, number)
    return list(zip(rng.binomial(lengths, 0.3).tolist(), lengths.tolist()))


def test_the_ratio_is_that_of_the_sums():
    of_utterances = pairs(1, 200)
    upper, lower = np.sum(of_utterances, axis=0)
    assert ratio(Counter(of_utterances)) == pytest.approx(upper / lower)


def test_the_interval_is_that_of_resampled_utterances():
    of_utterances = np.array(pairs(2, 150))
    rng = np.random.default_rng(3)
    resampled = [of_utterances[rng.integers(150, size=150)].sum(axis=0) for _ in range(4000)]
    expected = np.quantile([upper / lower for upper, lower in resampled], [0.025, 0.975])
    assert ratio_interval(Counter(map(tuple, of_utterances.tolist()))) == pytest.approx(expected, abs=0.004)


def test_the_interval_holds_the_ratio_and_narrows_with_more_utterances():
    few, many = Counter(pairs(4, 50)), Counter(pairs(4, 5000))
    widths = []
    for counted in (few, many):
        low, high = ratio_interval(counted)
        assert low < ratio(counted) < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 5
    assert ratio_interval(few) == ratio_interval(few)
