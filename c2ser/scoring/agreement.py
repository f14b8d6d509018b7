"""Whether several answers to the same utterance agree, as counts of answers by category.

References:
    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).
    J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971).
    X. Wang et al., "Self-consistency improves chain of thought reasoning in language models", ICLR 2023 (the vote).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import entropy

from c2ser.scoring.metrics import wilson_interval
from c2ser.scoring.resampling import percentile_interval, units_of

Answers = Mapping[str, Sequence[str]]  # utterance -> n answers


def count_answers(answers: Answers) -> np.ndarray:
    """Counts the answers of each utterance by category.

    Args:
        answers: utterance -> n answers, n the same for all.

    Returns:
        (N, C), int; categories are those that occur, sorted.

    Example:
        >>> count_answers({"a": ["sad", "sad"], "b": ["sad", "angry"]}).tolist()
        [[0, 2], [1, 1]]
    """
    categories = sorted({answer for own in answers.values() for answer in own})
    return np.array([[list(own).count(category) for category in categories] for own in answers.values()])


def fleiss_kappa(counts: np.ndarray) -> float | None:
    """Computes agreement beyond chance: 1 is perfect, 0 is that of answers drawn without a look at the utterance.

    Args:
        counts: (N, C) answers by category; n of 2 or more in each row.

    Returns:
        None where all answers are of one category, so that chance alone agrees.

    Example:
        >>> fleiss_kappa(np.array([[2, 0], [0, 2]]))
        1.0
    """
    number = counts.sum(axis=1)[0]
    by_chance = float(np.sum((counts.sum(axis=0) / counts.sum()) ** 2))
    if by_chance == 1:
        return None
    agreeing = float(np.mean((np.sum(counts**2, axis=1) - number) / (number * (number - 1))))
    return (agreeing - by_chance) / (1 - by_chance)


def agreement_measures(answers: Answers) -> dict[str, float | None]:
    """Measures how far the answers to each utterance agree.

    Args:
        answers: utterance -> n answers, n of 2 or more.

    Returns:
        ``kappa``, see `fleiss_kappa`; ``same_answer``, the share of utterances with one answer; ``modal_share``, the
        mean share of an utterance's most frequent answer; ``entropy``, the mean entropy of an utterance's answers in
        bits: 0 for one answer, 1 for two that are equally frequent.

    Example:
        >>> agreement_measures({"a": ["sad", "sad"], "b": ["sad", "angry"]})["modal_share"]
        0.75
    """
    counts = count_answers(answers)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return {
        "kappa": fleiss_kappa(counts),
        "same_answer": float(np.mean(shares.max(axis=1) == 1)),
        "modal_share": float(np.mean(shares.max(axis=1))),
        "entropy": float(np.mean(entropy(shares, base=2, axis=1))),
    }


def cohen_kappa(counts: np.ndarray) -> np.ndarray:
    """Computes agreement of two readers beyond that of readers with the same habits who read other answers.

    Args:
        counts: (..., C, C), how often the first reads one category and the second another.

    Returns:
        (...); NaN where both know one category only.

    Example:
        >>> cohen_kappa(np.array([[20, 5], [10, 15]])).round(3)
        np.float64(0.4)
    """
    shares = counts / counts.sum(axis=(-2, -1), keepdims=True)
    same = np.trace(shares, axis1=-2, axis2=-1)
    by_chance = (shares.sum(axis=-1) * shares.sum(axis=-2)).sum(axis=-1)
    beyond = 1 - by_chance
    return np.where(beyond > 1e-12, (same - by_chance) / np.maximum(beyond, 1e-12), np.nan)


def agreement_of_two(first: Sequence[str], second: Sequence[str], *, labels: Sequence[str]) -> dict:
    """Measures how far two readers of the same N answers agree, one or more.

    Args:
        first: N categories.
        second: N categories.
        labels: all categories that may occur.

    Returns:
        ``n_utts``, ``same_answer`` (a share), ``kappa`` (`cohen_kappa`; None where it is undefined) and ``ci95`` of
        both, over answers: Wilson's interval of the share, a bootstrap of kappa.

    Example:
        >>> agreement_of_two(["sad", "sad"], ["sad", "angry"], labels=["angry", "sad"])["same_answer"]
        0.5
    """
    size = len(labels)
    places = {label: place for place, label in enumerate(labels)}
    cells = np.array([places[one] * size + places[other] for one, other in zip(first, second, strict=True)])
    counts = np.bincount(cells, minlength=size * size).reshape(size, size)
    units = units_of([cells], [size * size])
    drawn = np.concatenate([cohen_kappa(block.reshape(-1, size, size)) for block in units.draws()])
    kappa, same = float(cohen_kappa(counts)), int(np.trace(counts))
    return {
        "n_utts": len(cells),
        "same_answer": same / len(cells),
        "kappa": None if np.isnan(kappa) else kappa,
        "ci95": {
            "same_answer": wilson_interval(same, len(cells)),
            "kappa": None if np.isnan(kappa) else percentile_interval(drawn, units.number),
        },
    }


def vote(answers: Sequence[str]) -> str:
    """Returns the most frequent answer; of several the one that came first.

    Example:
        >>> vote(["sad", "angry", "angry"])
        'angry'
    """
    return max(dict.fromkeys(answers), key=list(answers).count)
