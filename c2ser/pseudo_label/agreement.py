"""Where teachers agree, and how many of their answers are kept."""

import math
from collections.abc import Collection, Sequence

from c2ser.pseudo_label.teacher import Answer, Answers


def agreement(answers: Sequence[Answers], thresholds: Sequence[float]) -> Answers:
    """Returns the answers on which all teachers agree.

    Args:
        answers: of each teacher.
        thresholds: the least confidence that each teacher's answer needs.

    Returns:
        The common answers. Their confidence is the product of the teachers', the probability that all are right if
        their errors are independent.

    Example:
        >>> agreement([{"a": Answer("sad", 0.8)}, {"a": Answer("sad", 0.5)}], [0.5, 0.5])
        {'a': Answer(emotion='sad', confidence=0.4)}
    """
    agreed: Answers = {}
    for utt, (emotion, _) in answers[0].items():
        given = [each.get(utt) for each in answers]
        if all(
            answer is not None and answer.emotion == emotion and answer.confidence >= threshold
            for answer, threshold in zip(given, thresholds, strict=True)
        ):
            agreed[utt] = Answer(emotion, math.prod(answer.confidence for answer in given))
    return agreed


def most_confident(answers: Answers, count: int) -> Answers:
    """Returns the answers of highest confidence, in decreasing order; ties are broken by id.

    Args:
        answers: the answers.
        count: how many to return at most.

    Example:
        >>> most_confident({"a": Answer("sad", 0.8), "b": Answer("sad", 0.9)}, 1)
        {'b': Answer(emotion='sad', confidence=0.9)}
    """
    ranked = sorted(answers.items(), key=lambda item: (-item[1].confidence, item[0]))
    return dict(ranked[:count])


def most_confident_per_emotion(answers: Answers, emotions: Collection[str], *, count: int) -> Answers:
    """Returns the `most_confident` answers of each emotion."""
    kept: Answers = {}
    for emotion in emotions:
        kept |= most_confident({utt: answer for utt, answer in answers.items() if answer.emotion == emotion}, count)
    return kept
