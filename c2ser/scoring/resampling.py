"""Bootstrap over speakers or utterances: counts of resampled sets, and the intervals that follow from them.

What is drawn with replacement is a unit: all utterances of a speaker, or one utterance. Every figure is a function of
counts, and counts of a resample are a weighted sum of what the units add to them, so that utterances that add the same
are one row with a multiplicity, and the cost does not depend on the size of the corpus.

References:
    Efron, Tibshirani: An introduction to the bootstrap. Chapman & Hall (1993), chapters 8 and 13.
    Hesterberg: What teachers should know about the bootstrap. The American Statistician 69 (2015).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import norm, t

RESAMPLES = 2000
SPEAKERS, UTTERANCES = "speakers", "utterances"

# An interval over fewer speakers holds the truth in less than 93 % of simulated sets; of three in 74 %.
MIN_SPEAKERS = 5
# Of more units several are drawn together, which leaves intervals as they are and bounds their cost.
MAX_UNITS = 10_000

_NUMBERS_IN_MEMORY = 4_000_000


@dataclass(frozen=True)
class Units:
    """What is drawn with replacement.

    Attributes:
        counts: (U, M), what each unit adds to each of M counts.
        times: (U,), how many units are like that.
        over: ``speakers`` or ``utterances``.
    """

    counts: csr_matrix
    times: np.ndarray
    over: str = UTTERANCES

    @property
    def number(self) -> int:
        """How many units there are."""
        return int(self.times.sum())

    def draws(self, seed: int = 0) -> Iterator[np.ndarray]:
        """Yields the counts of `RESAMPLES` resamples, some at a time, (B, M); same units and seed, same draws."""
        generator = np.random.default_rng(seed)
        block = max(1, min(RESAMPLES, _NUMBERS_IN_MEMORY // sum(self.counts.shape)))
        for first in range(0, RESAMPLES, block):
            size = min(block, RESAMPLES - first)
            yield (self.counts.T @ self._weights(generator, size).T).T

    def _weights(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Returns how often each unit is drawn, (size, U)."""
        if (self.times > 1).any():
            return generator.multinomial(self.number, self.times / self.number, size=size)
        drawn = (generator.integers(self.number, size=self.number) for _ in range(size))  # multinomial, but quicker
        return np.array([np.bincount(units, minlength=self.number) for units in drawn])


def units_of(views: Sequence[np.ndarray], sizes: Sequence[int], *, speaker: np.ndarray | None = None) -> Units:
    """Divides a set into units.

    Args:
        views: each (N,): which of its counts an utterance adds 1 to; of several systems one each.
        sizes: the number of counts of each view, which stand side by side in ``Units.counts``.
        speaker: (N,), a number for each speaker; None to draw utterances.

    Example:
        >>> units_of([np.array([0, 1, 1])], [2]).times.tolist()
        [1, 2]
    """
    starts = np.cumsum([0, *sizes])
    if speaker is None:
        rows, times = np.unique(np.stack(views, axis=1), axis=0, return_counts=True)
        unit, columns, over = np.arange(len(rows)), rows.T, UTTERANCES
    else:
        unit, times = np.unique(speaker % MAX_UNITS, return_inverse=True)[1], None
        columns, over = views, SPEAKERS
        times = np.ones(unit.max() + 1, int)
    counts = np.zeros(len(times) * starts[-1])
    for start, column in zip(starts, columns):  # sums over utterances, without a number in memory for each
        counts += np.bincount(unit * starts[-1] + (start + column), minlength=len(counts))
    return Units(csr_matrix(counts.reshape(len(times), -1)), times, over)


def are_several(num_speakers: int, num_utterances: int) -> bool:
    """Tells whether there are speakers enough to draw them rather than utterances.

    Args:
        num_speakers: how many there are, each utterance of an unknown speaker being one.
        num_utterances: how many there are.
    """
    return MIN_SPEAKERS <= num_speakers < num_utterances


def percentile_interval(values: np.ndarray, num_units: int) -> list[float]:
    """Computes the 95 % interval of a figure from resamples.

    Its ends are percentiles of the resampled values, further out the fewer units there are, as Student's t is wider
    than a normal distribution (the "expanded percentile" of Hesterberg, 2015): without that an interval over ten
    speakers holds the truth in 90 % of sets.

    Args:
        values: the figure in each resample; NaN where it is undefined.
        num_units: how many units were drawn each time.

    Returns:
        ``[low, high]``; NaN where the figure is undefined in all of them.
    """
    tail = 0.025
    if num_units > 1:
        tail = norm.cdf(-np.sqrt(num_units / (num_units - 1)) * t.ppf(1 - tail, num_units - 1))
    defined = values[~np.isnan(values)]
    return np.quantile(defined, [tail, 1 - tail]).tolist() if len(defined) else [np.nan, np.nan]


def mean_interval(values: np.ndarray, unit: np.ndarray) -> list[float] | None:
    """Computes the 95 % interval of a mean of shares, by Student's t and the variance between units.

    Args:
        values: (N,), from 0 to 1.
        unit: (N,), the number of the unit, such as the speaker, that each belongs to.

    Returns:
        ``[low, high]``, within 0 and 1; None of a single unit.

    Example:
        >>> [round(bound, 3) for bound in mean_interval(np.array([0.2, 0.4, 0.6]), np.arange(3))]
        [0.0, 0.897]
    """
    sizes = np.bincount(unit)
    present = sizes > 0
    number, mean = int(present.sum()), values.mean()
    if number < 2:
        return None
    deviations = (np.bincount(unit, values) - mean * sizes)[present]
    error = np.sqrt(number / (number - 1) * (deviations**2).sum()) / len(values)
    reach = t.ppf(0.975, number - 1) * error
    return [float(max(0.0, mean - reach)), float(min(1.0, mean + reach))]
