"""How far probabilities of emotions can be trusted: calibration, and what it is worth to leave doubtful answers out.

An answer is the most probable emotion, and its confidence that probability. Answers of equal confidence cannot be told
apart, so each counts as right by the share of them that are; no figure depends on the order of the utterances.

References:
    M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI
    2015 (ECE). K. Nguyen, B. O'Connor, EMNLP 2015 (bins of equal mass).
    Y. Geifman, R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017 (risk and coverage).
    C. Guo et al., "On calibration of modern neural networks", ICML 2017 (temperature).
    M. Sadinle, J. Lei, L. Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", JASA 114
    (2019) (sets).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import rankdata

from c2ser.scoring.resampling import percentile_interval

LEAST = 5e-7  # what is smaller is written as 0
NUM_BINS = 15
DRAWS = 500  # of resampled sets
MOST_RESAMPLED = 50_000  # utterances; of more, intervals are narrow and would take minutes
COVERAGE = 0.8  # at which the risk is told
TEMPERATURES = (0.01, 100.0)  # within which the best one is sought


@dataclass(frozen=True)
class Reliability:
    """Utterances in bins of as nearly as possible the same number, by confidence.

    Attributes:
        counts: utterances of each of the B bins.
        confidence: their mean confidence (B,).
        accuracy: share of them that are right (B,).
    """

    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: the mean over utterances of the distance of a bin's two figures."""
        return float(np.average(np.abs(self.confidence - self.accuracy), weights=self.counts))

    def of_at_least(self, count: int) -> "Reliability":
        """The same utterances in fewer bins, neighbours together.

        Args:
            count: utterances that a bin has, as far as there are as many.

        Example:
            >>> bins = Reliability(np.array([2, 1]), np.array([0.5, 0.8]), np.array([0.5, 1.0]))
            >>> bins.of_at_least(3).counts
            array([3])
        """
        whole = max(1, self.counts.sum() // count)
        starts = [own[0] for own in np.array_split(np.arange(len(self.counts)), min(whole, len(self.counts)))]
        counts = np.add.reduceat(self.counts, starts)
        means = (np.add.reduceat(values * self.counts, starts) / counts for values in (self.confidence, self.accuracy))
        return Reliability(counts, *means)


def reliability(confidence: np.ndarray, correct: np.ndarray, *, num_bins: int = NUM_BINS) -> Reliability:
    """Compares confidence and accuracy in bins of equal mass.

    Args:
        confidence: (N,), N of 1 or more.
        correct: whether each answer is right (N,).
        num_bins: fewer where there are fewer utterances.

    Example:
        >>> reliability(np.array([0.6, 0.9]), np.array([False, True]), num_bins=2).error
        0.35
    """
    order, right = _by_confidence(confidence, correct)
    bins = np.array_split(np.arange(len(order)), min(num_bins, len(order)))
    ordered = np.asarray(confidence)[order]
    return Reliability(
        np.array([len(own) for own in bins]),
        np.array([ordered[own].mean() for own in bins]),
        np.array([right[own].mean() for own in bins]),
    )


def risk_coverage(confidence: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """Computes the share of wrong answers among the n most confident ones, for each n from 1 to N.

    Args:
        confidence: (N,).
        correct: whether each answer is right (N,).

    Returns:
        The risk at a coverage of 1 / N, 2 / N, ... 1: (N,). Its mean is AURC, the area under the curve.

    Example:
        >>> risk_coverage(np.array([0.5, 0.9]), np.array([False, True])).tolist()
        [0.0, 0.5]
    """
    _, right = _by_confidence(confidence, correct)
    wrong = 1 - right[::-1]
    return np.cumsum(wrong) / np.arange(1, len(wrong) + 1)


def confidence_auroc(confidence: np.ndarray, correct: np.ndarray) -> float | None:
    """Computes how likely a right answer is more confident than a wrong one.

    Args:
        confidence: (N,).
        correct: whether each answer is right (N,).

    Returns:
        0.5 is chance; None where all answers are right, or all wrong.

    Example:
        >>> confidence_auroc(np.array([0.5, 0.9]), np.array([False, True]))
        1.0
    """
    correct = np.asarray(correct, bool)
    num_right, num_wrong = int(correct.sum()), int((~correct).sum())
    if not num_right or not num_wrong:
        return None
    ranks = rankdata(confidence)
    return float((ranks[correct].sum() - num_right * (num_right + 1) / 2) / (num_right * num_wrong))


def brier_score(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Computes the mean squared distance of the probabilities (N, C) from the truth (N,); 0 is best, 2 worst."""
    return float(np.mean(np.sum((probabilities - np.eye(probabilities.shape[1])[truth]) ** 2, axis=1)))


def negative_log_likelihood(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Computes the mean of -ln of the truth's probability, which counts as `LEAST` where it is smaller.

    Args:
        probabilities: (N, C).
        truth: columns (N,).
    """
    return float(-np.mean(np.log(np.maximum(_of_truth(probabilities, truth), LEAST))))


def calibration_measures(
    probabilities: np.ndarray, truth: np.ndarray, *, num_bins: int = NUM_BINS
) -> dict[str, float | None]:
    """Computes all figures that ``calibration`` reports of some probabilities.

    Args:
        probabilities: (N, C), N of 1 or more.
        truth: column of the true emotion (N,).
        num_bins: of `reliability`.

    Returns:
        ``accuracy``, mean ``confidence``, ``overconfidence`` (the latter less the former), ``ece``, ``brier``, ``nll``,
        ``auroc`` (None where it is undefined), ``aurc`` and ``risk_at_80``.

    Example:
        >>> calibration_measures(np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 1]))["brier"]
        0.3125
    """
    confidence, correct = answers(probabilities, truth)
    risk = risk_coverage(confidence, correct)
    accuracy, mean = float(np.mean(correct)), float(np.mean(confidence))
    return {
        "accuracy": accuracy,
        "confidence": mean,
        "overconfidence": mean - accuracy,
        "ece": reliability(confidence, correct, num_bins=num_bins).error,
        "brier": brier_score(probabilities, truth),
        "nll": negative_log_likelihood(probabilities, truth),
        "auroc": confidence_auroc(confidence, correct),
        "aurc": float(np.mean(risk)),
        "risk_at_80": float(risk[math.ceil(COVERAGE * len(risk)) - 1]),
    }


def calibration_intervals(
    probabilities: np.ndarray, truth: np.ndarray, *, unit: np.ndarray | None = None, seed: int = 0
) -> dict[str, list[float] | None]:
    """Computes 95 % bootstrap intervals of the figures of `calibration_measures`.

    All but ``ece`` have one: in resampled sets the distance in a bin is greater than in the set that was drawn.

    Args:
        probabilities: (N, C).
        truth: columns (N,).
        unit: (N,) numbers of what is drawn with replacement, such as speakers; None for utterances.
        seed: of the draws.

    Returns:
        ``[low, high]`` by figure, None where it is undefined; empty for more than `MOST_RESAMPLED` utterances.

    Example:
        >>> calibration_intervals(np.tile([[1.0, 0.0]], (9, 1)), np.zeros(9, int))["brier"]
        [0.0, 0.0]
    """
    if len(truth) > MOST_RESAMPLED:
        return {}
    of_unit = np.arange(len(truth)) if unit is None else np.unique(unit, return_inverse=True)[1]
    places = np.split(np.argsort(of_unit, kind="stable"), np.cumsum(np.bincount(of_unit))[:-1])
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        rows = np.concatenate([places[number] for number in generator.integers(len(places), size=len(places))])
        drawn.append(calibration_measures(probabilities[rows], truth[rows]))
    intervals = {}
    for name in (name for name in drawn[0] if name != "ece"):
        values = np.array([own[name] for own in drawn], float)  # None becomes NaN
        intervals[name] = None if np.isnan(values).all() else percentile_interval(values, len(places))
    return intervals


def answers(probabilities: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the confidence of each answer, and whether it is right; of equally probable emotions the first is it.

    Args:
        probabilities: (N, C).
        truth: columns (N,).
    """
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == truth


def temper(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Flattens probabilities (N, C) by a temperature above 1, or sharpens them by one below.

    Example:
        >>> temper(np.array([[0.8, 0.2]]), 2.0).round(3).tolist()
        [[0.667, 0.333]]
    """
    with np.errstate(divide="ignore"):
        return softmax(np.log(probabilities) / temperature, axis=1)


def fit_temperature(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Finds the temperature under which the truth is most likely.

    Args:
        probabilities: (N, C), of utterances that are not tested on.
        truth: columns (N,).

    Returns:
        A number within `TEMPERATURES`; one of the two where the likelihood grows up to there, as where all is right.

    Example:
        >>> calibrated = np.tile([[0.8, 0.2]], (10, 1))
        >>> round(fit_temperature(calibrated, np.array([0] * 8 + [1] * 2)), 3)
        1.0
    """
    possible = _of_truth(probabilities, truth) > 0  # an emotion that could not be answered is not at any temperature
    with np.errstate(divide="ignore"):
        logits, truth = np.log(probabilities[possible]), truth[possible]

    def loss(log_temperature: float) -> float:
        return -float(np.mean(_of_truth(log_softmax(logits / math.exp(log_temperature), axis=1), truth)))

    return math.exp(minimize_scalar(loss, bounds=tuple(map(math.log, TEMPERATURES)), method="bounded").x)


def conformal_threshold(probabilities: np.ndarray, truth: np.ndarray, *, error_rate: float) -> float:
    """Finds the probability from which on an emotion belongs to the set of an utterance.

    Args:
        probabilities: (N, C), of utterances that are not tested on but drawn as those are.
        truth: columns (N,).
        error_rate: the greatest share of sets that may lack the true emotion.

    Returns:
        0, which lets all emotions in, where there are too few utterances for that rate.

    Example:
        >>> conformal_threshold(np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([0, 0]), error_rate=0.4)
        0.6
    """
    own = np.sort(_of_truth(probabilities, truth))[::-1]
    needed = math.ceil((len(own) + 1) * (1 - error_rate) - 1e-9)  # 10 * (1 - 0.3) is a little above 7
    return float(own[needed - 1]) if needed <= len(own) else 0.0


def set_measures(probabilities: np.ndarray, truth: np.ndarray, *, threshold: float) -> dict[str, float]:
    """Measures the sets of emotions that reach a probability.

    Args:
        probabilities: (N, C).
        truth: columns (N,).
        threshold: see `conformal_threshold`.

    Returns:
        ``coverage`` (share of sets that have the true emotion), mean ``size``, share of sets of ``single`` emotions and
        of ``empty`` ones.

    Example:
        >>> set_measures(np.array([[0.6, 0.4], [0.9, 0.1]]), np.array([1, 0]), threshold=0.4)["size"]
        1.5
    """
    sets = (probabilities >= threshold) & (probabilities > 0)
    sizes = sets.sum(axis=1)
    return {
        "coverage": float(np.mean(_of_truth(sets, truth))),
        "size": float(np.mean(sizes)),
        "single": float(np.mean(sizes == 1)),
        "empty": float(np.mean(sizes == 0)),
    }


def _of_truth(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, np.asarray(truth)[:, None], axis=1)[:, 0]


def _by_confidence(confidence: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the order from the least confident answer on, and in that order the share right of those as confident."""
    order = np.argsort(confidence, kind="stable")
    _, group, sizes = np.unique(np.asarray(confidence)[order], return_inverse=True, return_counts=True)
    right = np.bincount(group, weights=np.asarray(correct, float)[order]) / sizes
    return order, right[group]
