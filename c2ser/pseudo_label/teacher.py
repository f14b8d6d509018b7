"""Teachers: functions that name the emotion of utterances, with a confidence."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from c2ser.data.names import UTT2EMO
from c2ser.data.tables import read_table
from c2ser.errors import InputError

Item = TypeVar("Item")

CHUNK = 10_000  # utterances whose inputs are in memory at a time


class Answer(NamedTuple):
    """A teacher's answer.

    Attributes:
        emotion: one of the label set.
        confidence: the probability that the teacher assigns to it.
    """

    emotion: str
    confidence: float


Answers = dict[str, Answer]  # by utterance; utterances on which a teacher abstains are missing
Teacher = Callable[[Path], Answers]  # data directory -> answers


def most_probable(utterances: Iterable[str], probabilities: np.ndarray, *, emotions: Sequence[str | None]) -> Answers:
    """Turns class probabilities into answers.

    Args:
        utterances: N ids.
        probabilities: (N, C).
        emotions: the emotion of each class; None for a class outside the label set.

    Returns:
        The answers. A teacher abstains where the most probable class is outside the label set, or tied.

    Example:
        >>> most_probable(["a", "b"], np.array([[0.9, 0.1], [0.5, 0.5]]), emotions=["angry", "sad"])
        {'a': Answer(emotion='angry', confidence=0.9)}
    """
    confidences = probabilities.max(axis=1)
    unique = (probabilities == confidences[:, None]).sum(axis=1) == 1
    named = [emotions[number] if only else None for number, only in zip(probabilities.argmax(axis=1), unique)]
    answers = zip(utterances, named, confidences.tolist(), strict=True)
    return {utt: Answer(emotion, confidence) for utt, emotion, confidence in answers if emotion}


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yields lists of `CHUNK` items; the last list holds the remainder."""
    items = iter(items)
    while chunk := list(islice(items, CHUNK)):
        yield chunk


def read_labels(data_dir: str | Path) -> dict[str, str]:
    """Reads the labels that a teacher is trained on.

    Args:
        data_dir: a labelled data directory.

    Returns:
        Utterance -> emotion.

    Raises:
        InputError: the labels are of fewer than two emotions.
    """
    path = Path(data_dir) / UTT2EMO
    labels = read_table(path)
    check_labels(labels, str(path))
    return labels


def check_labels(labels: dict[str, str], where: str) -> None:
    """Raises `InputError`, which names ``where``, if the labels are of fewer than two emotions."""
    if (count := len(set(labels.values()))) < 2:
        raise InputError(
            f"{where}: {len(labels)} labelled utterances of {count} emotions; a teacher needs at least two emotions"
        )
