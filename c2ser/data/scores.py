"""Probabilities of emotions, as ``utt2scores`` has them.

A line reads ``<utterance> <emotion>=<probability> ...``, in the order of the label set; an emotion that is left out has
probability 0.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from c2ser.data.tables import lines_by_key
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

Scores = dict[str, float]  # emotion -> probability

TOLERANCE = 1e-3  # of their sum: what rounding to six decimals, or four, leaves


def parse_scores(value: str, emotions: Collection[str] = EMOTIONS) -> Scores:
    """Parses a value of ``utt2scores``.

    Args:
        value: ``<emotion>=<probability> ...``, in any order.
        emotions: those that may occur.

    Raises:
        ValueError: it is malformed, an emotion is unknown or a duplicate, a probability is not from 0 to 1, or they do
            not sum to 1.

    Example:
        >>> parse_scores("angry=0.75 sad=0.25")
        {'angry': 0.75, 'sad': 0.25}
    """
    scores: Scores = {}
    for field in value.split():
        emotion, _, probability = field.partition("=")
        if emotion not in emotions:
            raise ValueError(f"unknown emotion in '{field}'; known are {', '.join(emotions)}")
        if emotion in scores:
            raise ValueError(f"{emotion} has two probabilities; give one")
        scores[emotion] = _probability(field, probability)
    total = sum(scores.values())
    if abs(total - 1) > TOLERANCE:
        raise ValueError(f"the probabilities sum to {total:.6g}, not to 1; scores read '<emotion>=<probability> ...'")
    return scores


def format_scores(scores: Mapping[str, float]) -> str:
    """Returns probabilities as a value of ``utt2scores``.

    Args:
        scores: emotion -> probability.

    Example:
        >>> format_scores({"angry": 0.75, "sad": 0.25})
        'angry=0.750000 sad=0.250000'
    """
    return " ".join(f"{emotion}={probability:.6f}" for emotion, probability in scores.items())


def read_scores(path: str | Path, emotions: Collection[str] = EMOTIONS) -> Iterator[tuple[str, Scores]]:
    """Reads ``utt2scores``, whose lines may be in any order.

    Args:
        path: the table.
        emotions: those that may occur, such as a label set.

    Yields:
        Utterance and its probabilities, sorted by utterance.

    Raises:
        InputError: as `c2ser.data.tables.lines_by_key`, or a value cannot be parsed.

    Example:
        >>> dict(read_scores("exp/answers/utt2scores"))["anna-1"]["happy"]  # doctest: +SKIP
        0.91
    """
    for number, utterance, value in lines_by_key(path):
        try:
            yield utterance, parse_scores(value, emotions)
        except ValueError as error:
            raise InputError(f"{path}:{number}: utterance '{utterance}': {error}") from None


def _probability(field: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1 + TOLERANCE:
        raise ValueError(f"'{field}' has no probability from 0 to 1; scores read '<emotion>=<probability> ...'")
    return number
