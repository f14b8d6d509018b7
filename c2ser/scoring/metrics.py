"""Metrics of emotion recognition as functions of confusion counts.

With C classes in the reference, a confusion matrix is (C, K), K > C: rows are the classes of the reference; the first C
columns are the same classes as hypotheses, the other columns are always wrong: classes that the reference lacks, and
invalid answers. Resampling utterances means drawing such a matrix, so the cost of intervals does not depend on the size
of the corpus.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from c2ser.emotions import INVALID

RESAMPLES = 2000


@dataclass(frozen=True)
class Confusion:
    """Confusion counts.

    Attributes:
        rows: the C classes of the reference.
        columns: the K possible hypotheses; the first C are ``rows``.
        counts: (C, K), int.
    """

    rows: list[str]
    columns: list[str]
    counts: np.ndarray


def count_confusion(reference: Sequence[str], hypothesis: Sequence[str], *, emotions: Sequence[str]) -> Confusion:
    """Counts pairs of reference and hypothesis.

    Args:
        reference: the true emotion of each utterance; must not be empty.
        hypothesis: the recognised emotion of each utterance, or `INVALID`.
        emotions: every label that may occur, in the desired order.

    Returns:
        Rows are the emotions in the reference; columns are the same, then other recognised ones, then `INVALID`.

    Example:
        >>> count_confusion(["sad", "sad"], ["sad", "angry"], emotions=["angry", "sad"]).counts.tolist()
        [[1, 1, 0]]
    """
    return confusion_of_pairs(Counter(zip(reference, hypothesis, strict=True)), emotions)


def confusion_of_pairs(pairs: Mapping[tuple[str, str], int], emotions: Sequence[str]) -> Confusion:
    """Returns the confusion of counted pairs; otherwise as `count_confusion`.

    Args:
        pairs: (reference, hypothesis) -> number of utterances.
        emotions: every label that may occur, in the desired order.
    """
    in_reference, in_hypothesis = ({pair[side] for pair in pairs} for side in (0, 1))
    rows = [emotion for emotion in emotions if emotion in in_reference]
    others = [emotion for emotion in emotions if emotion in in_hypothesis - in_reference]
    columns = [*rows, *others, INVALID]
    counts = [[pairs.get((row, column), 0) for column in columns] for row in rows]
    return Confusion(rows, columns, np.array(counts, int).reshape(len(rows), len(columns)))


def class_scores(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Computes precision, recall, F1 and support of each class.

    Args:
        counts: (..., C, K) confusion counts.

    Returns:
        Arrays (..., C). Precision and F1 of a class that was never recognised are 0; for a class without utterances,
        all but the support are NaN.

    Example:
        >>> class_scores(np.array([[1, 1, 0]]))["recall"].tolist()
        [0.5]
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
    """Computes WA (accuracy), UA (mean recall), macro F1 and weighted F1 over the classes of the reference.

    Args:
        counts: (..., C, K) confusion counts of at least one utterance each.

    Returns:
        ``wa``, ``ua``, ``macro_f1``, ``weighted_f1``: arrays (...), fractions of 1.

    Example:
        >>> overall_scores(np.array([[3, 1, 0], [0, 1, 0]]))["ua"].item()
        0.875
    """
    scores = class_scores(counts)
    total = counts.sum(axis=(-2, -1))
    return {
        "wa": np.trace(counts, axis1=-2, axis2=-1) / total,
        "ua": np.nanmean(scores["recall"], axis=-1),
        "macro_f1": np.nanmean(scores["f1"], axis=-1),
        "weighted_f1": np.nansum(scores["f1"] * scores["support"], axis=-1) / total,
    }


def bootstrap_intervals(counts: np.ndarray, level: float = 0.95, *, seed: int = 0) -> dict[str, list[float]]:
    """Computes percentile bootstrap intervals over utterances.

    The confusion counts of n utterances drawn with replacement are multinomial and are drawn as such. A class that is
    missing in a resample is left out of its means.

    Args:
        counts: (C, K) confusion counts.
        level: the share of resamples that an interval covers.
        seed: of the random draws.

    Returns:
        ``[low, high]`` for ``wa``, ``ua`` and ``macro_f1``.

    References:
        Efron, Tibshirani: An introduction to the bootstrap. Chapman & Hall (1993), chapter 13.

    Example:
        >>> bootstrap_intervals(np.array([[8, 0], [0, 8]]))["wa"]
        [1.0, 1.0]
    """
    total = counts.sum()
    draws = np.random.default_rng(seed).multinomial(total, counts.ravel() / total, size=RESAMPLES)
    scores = overall_scores(draws.reshape(RESAMPLES, *counts.shape))
    tails = [(1 - level) / 2, (1 + level) / 2]
    return {name: np.quantile(scores[name], tails).tolist() for name in ("wa", "ua", "macro_f1")}


def summarise(confusion: Confusion) -> dict:
    """Returns the contents of ``result.json``; rates are fractions of 1, intervals cover 95 %.

    Args:
        confusion: the counts.
    """
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
