"""Intervals of shares of answers, several of which may be to one utterance."""

from collections.abc import Sequence

import numpy as np

from c2ser.scoring.metrics import wilson_interval
from c2ser.scoring.resampling import percentile_interval, units_of


def share_interval(hits: Sequence[bool], *, utterances: Sequence[str], units: Sequence[str]) -> list[float]:
    """Computes the 95 % bootstrap interval of the share of answers that count.

    Units are drawn with all answers that belong to them. Where all resamples agree, as where the share is 0 or 1,
    Wilson's interval of as many trials as there are utterances stands instead.

    Args:
        hits: (N,), of each answer whether it counts.
        utterances: what each answers.
        units: what each belongs to: its utterance, or who speaks in it.

    Returns:
        ``[low, high]``.

    Example:
        >>> bounds = share_interval([True] * 4, utterances=["a", "a", "b", "b"], units=["a", "a", "b", "b"])
        >>> [round(bound, 2) for bound in bounds]
        [0.34, 1.0]
    """
    _, codes = np.unique(units, return_inverse=True)
    drawn = units_of([np.asarray(hits, int)], [2], speaker=codes)
    counts = np.concatenate(list(drawn.draws()))
    low, high = percentile_interval(counts[:, 1] / counts.sum(axis=1), drawn.number)
    if high - low < 1e-12:
        number = len(set(utterances))
        low, high = wilson_interval(round(float(np.mean(hits)) * number), number)
    return [low, high]
