"""Which of the label set's answers a model gives, where it may give them in several languages."""

from collections.abc import Sequence
from typing import NamedTuple

from c2ser.alm.answers import LabelAnswers


class Choice(NamedTuple):
    """What a model makes of an utterance's possible answers.

    Attributes:
        answers: those in the language whose answers are together the most probable ones.
        shares: probability of each of them, given that the answer is one of them.
        greedy: the text that greedy search would generate; None where it is not one of the possible answers.
    """

    answers: LabelAnswers
    shares: list[float]
    greedy: str | None


def choose(wordings: Sequence[LabelAnswers], probabilities: Sequence[float], *, greedy: Sequence[bool]) -> Choice:
    """Chooses the language of an utterance's answers.

    Args:
        wordings: the answers in each language that is possible, L in all.
        probabilities: of each answer, at least L; what follows is padding.
        greedy: for each answer, whether greedy search would generate it.

    Example:
        >>> wordings = [LabelAnswers(texts, [[1], [2]]) for texts in (["sad", "calm"], ["traurig", "ruhig"])]
        >>> choice = choose(wordings, [0.1, 0.3, 0.15, 0.45], greedy=[False, False, False, True])
        >>> choice.answers.texts, choice.shares, choice.greedy
        (['traurig', 'ruhig'], [0.25, 0.75], 'ruhig')
    """
    size = len(wordings[0].texts)
    parts = [probabilities[start : start + size] for start in range(0, size * len(wordings), size)]
    likeliest = max(range(len(parts)), key=lambda part: sum(parts[part]))
    total = sum(parts[likeliest])
    texts = [text for answers in wordings for text in answers.texts]
    generated = next((text for text, matches in zip(texts, greedy) if matches), None)
    return Choice(wordings[likeliest], [share / total for share in parts[likeliest]], generated)
