"""Whether two systems differ by more than chance: tests of paired answers, and their correction for several pairs.

References:
    McNemar: Note on the sampling error of the difference between correlated proportions. Psychometrika 12 (1947).
    Fagerland, Lydersen, Laake: The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than
    exact conditional. BMC Medical Research Methodology 13 (2013).
    Noreen: Computer-intensive methods for testing hypotheses. Wiley (1989).
    Holm: A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6 (1979).
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from c2ser.scoring.metrics import overall_scores
from c2ser.scoring.resampling import Units

SHUFFLES = 9999
_BLOCK = 500


def mcnemar(first_only: int, second_only: int) -> dict[str, float]:
    """Tests whether two systems are right equally often.

    Args:
        first_only: utterances that only the first recognises.
        second_only: utterances that only the second recognises.

    Returns:
        Two-sided: ``p``, the mid-p value, and ``p_exact``, which is larger.

    Example:
        >>> {name: round(p, 4) for name, p in mcnemar(10, 2).items()}
        {'p': 0.0225, 'p_exact': 0.0386}
    """
    total, fewer = first_only + second_only, min(first_only, second_only)
    tail, equal = binom.cdf(fewer, total, 0.5), binom.pmf(fewer, total, 0.5)
    return {"p": float(min(1.0, 2 * tail - equal)), "p_exact": float(min(1.0, 2 * tail))}


def shuffle_test(units: Units, shape: Sequence[int], *, seed: int = 0) -> dict[str, float]:
    """Tests whether two systems have equal scores: answers to a unit are exchanged between the two at random.

    Exchanging all answers to a speaker at once keeps what these have in common. Of single utterances the test of WA is
    McNemar's.

    Args:
        units: whose counts are confusions of the first system and, beside them, those of the second.
        shape: (C, K) of each confusion.
        seed: of the random exchanges.

    Returns:
        Two-sided mid-p value of each metric of `overall_scores`.
    """
    generator = np.random.default_rng(seed)
    size = units.counts.shape[1] // 2
    first, second = units.counts[:, :size], units.counts[:, size:]
    totals, change = (units.times @ first, units.times @ second), second - first
    observed = _differences(*totals, shape)
    beyond = dict.fromkeys(observed, 0.5)
    for start in range(0, SHUFFLES, _BLOCK):
        block = min(_BLOCK, SHUFFLES - start)
        exchanged = generator.binomial(units.times, 0.5, size=(block, len(units.times)))
        moved = (change.T @ exchanged.T).T
        for name, values in _differences(totals[0] + moved, totals[1] - moved, shape).items():
            limit = abs(observed[name]) - 1e-12
            beyond[name] += 0.5 * (values >= limit).sum() + 0.5 * (values > limit + 2e-12).sum()
    return {name: float(min(1.0, 2 * number / (SHUFFLES + 1))) for name, number in beyond.items()}


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrects p values of several tests, so that none is significant by chance in 95 % of all cases.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def _differences(first: np.ndarray, second: np.ndarray, shape: Sequence[int]) -> dict[str, np.ndarray]:
    scores = [overall_scores(np.asarray(counts).reshape(-1, *shape)) for counts in (first, second)]
    return {name: scores[0][name] - scores[1][name] for name in scores[0]}
