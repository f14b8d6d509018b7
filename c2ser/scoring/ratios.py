"""Ratios of sums over utterances, such as error rates, with their intervals."""

from collections.abc import Mapping

import numpy as np

from c2ser.scoring.resampling import RESAMPLES

_BLOCK = 50  # resamples that are drawn at a time, which limits memory


def ratio(pairs: Mapping[tuple[int, int], int]) -> float:
    """Computes the sum of the numerators over that of the denominators.

    Args:
        pairs: (numerator, denominator) of an utterance -> number of such utterances.

    Example:
        >>> ratio({(1, 4): 2, (0, 2): 1})
        0.2
    """
    upper, lower = np.array(list(pairs)).T @ np.fromiter(pairs.values(), int)
    return float(upper / lower)


def ratio_interval(pairs: Mapping[tuple[int, int], int], level: float = 0.95, *, seed: int = 0) -> list[float]:
    """Computes the percentile bootstrap interval of a ratio over utterances.

    How often each pair is drawn is multinomial, so the cost grows with the number of different pairs only.

    Args:
        pairs: as for `ratio`; denominators are positive.
        level: the share of resamples that the interval covers.
        seed: of the random draws.

    Returns:
        ``[low, high]``.

    References:
        Bisani, Ney: Bootstrap estimates for confidence intervals in ASR performance evaluation. ICASSP (2004).

    Example:
        >>> ratio_interval({(1, 4): 7})
        [0.25, 0.25]
    """
    values, counts = np.array(list(pairs), float), np.fromiter(pairs.values(), int)
    generator, ratios = np.random.default_rng(seed), []
    for _ in range(RESAMPLES // _BLOCK):
        upper, lower = (generator.multinomial(counts.sum(), counts / counts.sum(), size=_BLOCK) @ values).T
        ratios.append(upper / lower)
    return np.quantile(np.concatenate(ratios), [(1 - level) / 2, (1 + level) / 2]).tolist()
