"""Where teachers agree, and how many of their answers are kept."""

import math
from collections.abc import Collection, Sequence

from c2ser.data.tables import sort_key
from c2ser.pseudo_label.teacher import Answer, Answers


def agreement(answers: Sequence[Answers], thresholds: Sequence[float]) -> Answers:
    """Returns the answers that all teachers give, each with a confidence of at least its threshold.

    Their confidence is the product of the teachers', the probability that all are right if they err independently.
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


def surest(answers: Answers, count: int) -> Answers:
    """Returns the ``count`` answers of the highest confidence, the surest first; of equal ones those first by id."""
    ranked = sorted(answers.items(), key=lambda item: (-item[1].confidence, sort_key(item[0])))
    return dict(ranked[:count])


def surest_of_each(answers: Answers, emotions: Collection[str], count: int) -> Answers:
    """Returns the `surest` answers of each emotion."""
    kept: Answers = {}
    for emotion in emotions:
        kept |= surest({utt: answer for utt, answer in answers.items() if answer.emotion == emotion}, count)
    return kept
