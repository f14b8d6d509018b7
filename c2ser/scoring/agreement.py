"""Whether several answers to the same utterance agree, as counts of answers by category.

References:
    J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971).
    X. Wang et al., "Self-consistency improves chain of thought reasoning in language models", ICLR 2023 (the vote).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import entropy

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


def vote(answers: Sequence[str]) -> str:
    """Returns the most frequent answer; of several the one that came first.

    Example:
        >>> vote(["sad", "angry", "angry"])
        'angry'
    """
    return max(dict.fromkeys(answers), key=list(answers).count)
