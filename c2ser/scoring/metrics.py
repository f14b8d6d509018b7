"""Metrics of emotion recognition as functions of confusion counts.

With C classes in the reference, a confusion matrix is (C, K), K > C: rows are the classes of the reference; the first C
columns are the same classes as hypotheses, the other columns are always wrong: classes that the reference lacks, and
invalid answers. Resampling means drawing such a matrix (`c2ser.scoring.resampling`), so the cost of intervals does not
depend on the size of the corpus.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import binomtest

from c2ser.emotions import INVALID
from c2ser.scoring.resampling import Units, percentile_interval

Intervals = dict[str, list[float]]  # metric -> [low, high]


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
    """Computes WA (accuracy), UA (mean recall), macro, micro and weighted F1 over the classes of the reference.

    Micro F1 differs from WA where answers are invalid or of other classes: these lack in its precision.

    Args:
        counts: (..., C, K) confusion counts.

    Returns:
        ``wa``, ``ua``, ``macro_f1``, ``micro_f1``, ``weighted_f1``: arrays (...), fractions of 1; NaN without
        utterances.

    Example:
        >>> overall_scores(np.array([[3, 1, 0], [0, 1, 0]]))["ua"].item()
        0.875
    """
    scores = class_scores(counts)
    present = scores["support"] > 0
    num_classes = np.maximum(present.sum(axis=-1), 1)
    total = counts.sum(axis=(-2, -1))
    recognised = (counts.sum(axis=-2)[..., : counts.shape[-2]] * present).sum(axis=-1)
    hits = np.trace(counts, axis1=-2, axis2=-1)
    overall = {
        "wa": hits / np.maximum(total, 1),
        "ua": np.nansum(scores["recall"], axis=-1) / num_classes,
        "macro_f1": np.nansum(scores["f1"], axis=-1) / num_classes,
        "micro_f1": 2 * hits / np.maximum(total + recognised, 1),
        "weighted_f1": np.nansum(scores["f1"] * scores["support"], axis=-1) / np.maximum(total, 1),
    }
    return {name: np.where(total > 0, value, np.nan) for name, value in overall.items()}


def f1_of_sets(truth: np.ndarray, answer: np.ndarray) -> dict[str, float]:
    """Computes macro and micro F1 where several classes may be right; macro over the classes that are.

    Args:
        truth: (N, C), bool: which classes are right.
        answer: (N, C), bool: which were answered.

    Returns:
        ``macro_f1`` and ``micro_f1``.

    Example:
        >>> f1_of_sets(np.array([[True, True]]), np.array([[True, False]]))
        {'macro_f1': 0.5, 'micro_f1': 0.6666666666666666}
    """
    hits, total = (truth & answer).sum(axis=0), truth.sum(axis=0) + answer.sum(axis=0)
    right = truth.any(axis=0)
    micro = 2 * hits[right].sum() / total[right].sum()
    return {"macro_f1": float(np.mean(2 * hits[right] / total[right])), "micro_f1": float(micro)}


def resampled_scores(units: Units, shape: Sequence[int]) -> dict[str, np.ndarray]:
    """Computes `overall_scores` of resamples.

    Args:
        units: whose counts are confusions.
        shape: (..., C, K), how the counts of a resample are arranged.

    Returns:
        Arrays (`RESAMPLES`, ...); NaN where a resample has no utterance.
    """
    blocks = [overall_scores(draws.reshape(-1, *shape)) for draws in units.draws()]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def score_intervals(counts: np.ndarray, resampled: Mapping[str, np.ndarray], *, num_units: int) -> Intervals:
    """Computes the 95 % intervals of `overall_scores`.

    Where all resamples agree, as where every answer is right, Wilson's interval stands instead: for WA of as many
    trials as there are utterances; for the others, which a small class moves most, of as many as there were if all
    classes were as small as the smallest.

    Args:
        counts: (C, K) confusion counts.
        resampled: name -> (R,), of `resampled_scores`.
        num_units: how many units were drawn.

    Returns:
        ``[low, high]`` of each metric.
    """
    support = counts.sum(axis=1)
    support = support[support > 0]
    intervals = {}
    for name, value in overall_scores(counts).items():
        low, high = percentile_interval(resampled[name], num_units)
        if high - low < 1e-12:
            trials = int(support.sum() if name == "wa" else len(support) * support.min())
            low, high = wilson_interval(round(float(value) * trials), trials)
        intervals[name] = [low, high]
    return intervals


def bootstrap_intervals(counts: np.ndarray) -> Intervals:
    """Computes 95 % bootstrap intervals over utterances; a class that is missing in a resample is left out of its
    means.

    Args:
        counts: (C, K) confusion counts.

    Returns:
        ``[low, high]`` of each metric of `overall_scores`.

    Example:
        >>> [round(bound, 2) for bound in bootstrap_intervals(np.array([[8, 0], [0, 8]]))["wa"]]
        [0.81, 1.0]
    """
    units = units_of_counts(counts)
    return score_intervals(counts, resampled_scores(units, counts.shape), num_units=units.number)


def units_of_counts(counts: np.ndarray) -> Units:
    """Returns the utterances that confusion counts are of, for resampling.

    Args:
        counts: (C, K).
    """
    (cells,) = np.nonzero(counts.ravel())
    return Units(csr_matrix(np.eye(counts.size)[cells]), counts.ravel()[cells])


def summarise(confusion: Confusion, units: Units | None = None) -> dict:
    """Returns what ``result.json`` says about a set: rates as fractions of 1, with 95 % intervals.

    Args:
        confusion: the counts.
        units: what the intervals are over; by default utterances.

    Returns:
        ``n_utts``, the metrics of `overall_scores`, ``invalid_rate``, ``ci95`` (``[low, high]`` of each metric) and
        ``ci95_over``, ``majority`` (the emotion that most utterances have, and the metrics of a system that always
        answers it) and ``per_class``.
    """
    counts = confusion.counts
    units = units or units_of_counts(counts)
    scores = class_scores(counts)
    return {
        "n_utts": int(counts.sum()),
        **_floats(overall_scores(counts)),
        "invalid_rate": float(counts[:, -1].sum() / counts.sum()),
        "ci95": score_intervals(counts, resampled_scores(units, counts.shape), num_units=units.number),
        "ci95_over": units.over,
        "majority": _majority(confusion),
        "per_class": {
            emotion: {
                "precision": float(scores["precision"][row]),
                "recall": float(scores["recall"][row]),
                "f1": float(scores["f1"][row]),
                "support": int(scores["support"][row]),
            }
            for row, emotion in enumerate(confusion.rows)
        },
    }


def _majority(confusion: Confusion) -> dict:
    """The emotion that most utterances have, and the scores of a system that always answers it."""
    support = confusion.counts.sum(axis=1)
    constant = np.zeros_like(confusion.counts)
    constant[:, support.argmax()] = support
    return {"emotion": confusion.rows[support.argmax()], **_floats(overall_scores(constant))}


def _floats(scores: Mapping[str, np.ndarray]) -> dict[str, float]:
    return {name: float(value) for name, value in scores.items()}


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
