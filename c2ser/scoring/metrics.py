"""Metrics of emotion recognition, all of them functions of the confusion counts.

With C classes in the reference, a confusion matrix here is (C, K), K > C: rows are the classes of the reference; the
first C columns are the same classes as hypotheses, the others hold what can only be wrong: classes that the reference
lacks, and invalid answers. Resampling utterances is drawing such a matrix, so intervals cost the same for any corpus.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from c2ser.emotions import INVALID

RESAMPLES = 2000


@dataclass(frozen=True)
class Confusion:
    """Counts of (reference, hypothesis): ``counts`` is (len(rows), len(columns)), int."""

    rows: list[str]
    columns: list[str]
    counts: np.ndarray


def count_confusion(reference: Sequence[str], hypothesis: Sequence[str], emotions: Sequence[str]) -> Confusion:
    """Counts how often each emotion of the reference was taken for which.

    Args:
        reference: the true emotion of each utterance, at least one.
        hypothesis: the recognised emotion of each, or `INVALID`.
        emotions: every label that may occur, in the order wanted.

    Returns:
        Rows: the emotions that the reference has. Columns: the same, then others that were recognised, then `INVALID`.
    """
    in_reference, in_hypothesis = set(reference), set(hypothesis)
    rows = [emotion for emotion in emotions if emotion in in_reference]
    others = [emotion for emotion in emotions if emotion in in_hypothesis - in_reference]
    columns = [*rows, *others, INVALID]
    return Confusion(rows, columns, confusion_matrix(reference, hypothesis, labels=columns)[: len(rows)])


def class_scores(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall, F1 and support of each class.

    Args:
        counts: (..., C, K) confusion counts.

    Returns:
        Arrays (..., C). Precision and F1 of a class that was never recognised are 0; all but the support are NaN for a
        class without utterances.
    """
    support = counts.sum(axis=-1)
    present = support > 0
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    recognised = counts.sum(axis=-2)[..., : counts.shape[-2]]
    return {
        "precision": np.where(present, hits / np.maximum(recognised, 1), np.nan),
        "recall": np.where(present, hits / np.maximum(support, 1), np.nan),
        "f1": np.where(present, 2 * hits / np.maximum(support + recognised, 1), np.nan),
        "support": support,
    }


def overall_scores(counts: np.ndarray) -> dict[str, np.ndarray]:
    """WA (accuracy), UA (mean recall), macro F1 and weighted F1 over the classes that the reference has.

    Args:
        counts: (..., C, K) confusion counts of at least one utterance each.

    Returns:
        ``wa``, ``ua``, ``macro_f1``, ``weighted_f1``: arrays (...), fractions of 1.
    """
    scores = class_scores(counts)
    total = counts.sum(axis=(-2, -1))
    return {
        "wa": np.trace(counts, axis1=-2, axis2=-1) / total,
        "ua": np.nanmean(scores["recall"], axis=-1),
        "macro_f1": np.nanmean(scores["f1"], axis=-1),
        "weighted_f1": np.nansum(scores["f1"] * scores["support"], axis=-1) / total,
    }


def bootstrap_intervals(counts: np.ndarray, level: float = 0.95, seed: int = 0) -> dict[str, list[float]]:
    """Percentile bootstrap over utterances (Efron & Tibshirani, 1993, chapter 13).

    n utterances drawn with replacement have multinomial confusion counts, which are drawn as such. A class that a
    resample misses is left out of its means.

    Args:
        counts: (C, K) confusion counts.
        level: the share of resamples that an interval covers.
        seed: of the random draws.

    Returns:
        ``[low, high]`` for ``wa``, ``ua`` and ``macro_f1``.
    """
    total = counts.sum()
    draws = np.random.default_rng(seed).multinomial(total, counts.ravel() / total, size=RESAMPLES)
    scores = overall_scores(draws.reshape(RESAMPLES, *counts.shape))
    tails = [(1 - level) / 2, (1 + level) / 2]
    return {name: np.quantile(scores[name], tails).tolist() for name in ("wa", "ua", "macro_f1")}


def summarise(confusion: Confusion) -> dict:
    """Returns what ``result.json`` holds; rates are fractions of 1, intervals cover 95 %."""
    counts = confusion.counts
    scores = class_scores(counts)
    overall = {name: float(value) for name, value in overall_scores(counts).items()}
    per_class = {
        emotion: {
            "precision": float(scores["precision"][row]),
            "recall": float(scores["recall"][row]),
            "f1": float(scores["f1"][row]),
            "support": int(scores["support"][row]),
        }
        for row, emotion in enumerate(confusion.rows)
    }
    return {
        "n_utts": int(counts.sum()),
        **overall,
        "invalid_rate": float(counts[:, -1].sum() / counts.sum()),
        "ci95": bootstrap_intervals(counts),
        "per_class": per_class,
    }


def wilson_interval(hits: int, total: int) -> list[float]:
    """Computes the 95 % Wilson interval of a proportion, which is sound near 0 and 1 as well.

    Args:
        hits: number of successes.
        total: number of trials.

    Returns:
        ``[low, high]``, fractions of 1.

    References:
        Wilson: Probable inference, the law of succession, and statistical inference. JASA 22 (1927).

    Example:
        >>> [round(bound, 3) for bound in wilson_interval(9, 10)]
        [0.596, 0.982]
    """
    return list(map(float, binomtest(hits, total).proportion_ci(method="wilson")))
