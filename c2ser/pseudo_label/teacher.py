"""What a teacher is: something that names the emotion of utterances, and says how sure it is."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from c2ser.data.tables import read_table
from c2ser.errors import InputError

Item = TypeVar("Item")

CHUNK = 10_000  # utterances whose inputs are in memory at a time


class Answer(NamedTuple):
    """An emotion of the label set, and the probability that the teacher gives to it."""

    emotion: str
    confidence: float


Answers = dict[str, Answer]  # by utterance; missing are those about which a teacher says nothing
Teacher = Callable[[Path], Answers]  # asked about a data directory


def likeliest(utterances: Iterable[str], probabilities: np.ndarray, emotions: Sequence[str | None]) -> Answers:
    """Reads answers off probabilities (N, C) of ``emotions``.

    A class that is no emotion of the label set stands there as None. Where it is the likeliest, or two classes are
    equally likely, there is no answer.
    """
    confidences = probabilities.max(axis=1)
    sole = (probabilities == confidences[:, None]).sum(axis=1) == 1
    named = [emotions[number] if only else None for number, only in zip(probabilities.argmax(axis=1), sole)]
    answers = zip(utterances, named, confidences.tolist(), strict=True)
    return {utt: Answer(emotion, confidence) for utt, emotion, confidence in answers if emotion}


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yields lists of `CHUNK` items, the last of what is left."""
    items = iter(items)
    while chunk := list(islice(items, CHUNK)):
        yield chunk


def read_labels(data_dir: str | Path) -> dict[str, str]:
    """Reads what teachers learn from: utterance -> emotion.

    Raises:
        InputError: the labels are of fewer than two emotions.
    """
    path = Path(data_dir) / "utt2emo"
    labels = read_table(path)
    check_labels(labels, str(path))
    return labels


def check_labels(labels: dict[str, str], where: str) -> None:
    """Raises `InputError` where labels are of fewer than two emotions."""
    if (count := len(set(labels.values()))) < 2:
        raise InputError(
            f"{where}: {len(labels)} labelled utterances, of {count} emotions; a teacher needs two emotions or more"
        )
