"""Answers to a set of utterances, and what is known of these, as columns of numbers: some bytes an utterance."""

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.scoring.joining import Joined, Known
from c2ser.scoring.metrics import Confusion, confusion_of_pairs, summarise
from c2ser.scoring.resampling import Units, are_several, units_of

COLUMNS = ("utterance", "reference", "hypothesis", "correct")
SPEAKER = "speaker"  # the last column, where speakers are known


@dataclass
class Column:
    """Values of utterances, in their order.

    Attributes:
        numbers: value -> its number; None is -1.
        codes: the number of each utterance's value.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    codes: array = field(default_factory=lambda: array("i"))

    def add(self, value: str | None) -> None:
        """Appends a value."""
        self.codes.append(-1 if value is None else self.numbers.setdefault(value, len(self.numbers)))

    @property
    def names(self) -> list[str]:
        """The values, by number."""
        return list(self.numbers)

    def array(self) -> np.ndarray:
        """Returns the codes, (N,)."""
        return np.frombuffer(self.codes, np.int32) if self.codes else np.zeros(0, np.int32)


@dataclass
class Answers:
    """Answers to the labelled utterances of a set.

    Attributes:
        truth: the true emotions.
        answer: the recognised ones, or `c2ser.emotions.INVALID`.
        speaker: who speaks; an utterance whose speaker is unknown has one of its own.
        language, corpus, lexical_cue: where they are known.
        seconds: durations; NaN where they are not known.
    """

    truth: Column = field(default_factory=Column)
    answer: Column = field(default_factory=Column)
    speaker: Column = field(default_factory=Column)
    language: Column = field(default_factory=Column)
    corpus: Column = field(default_factory=Column)
    lexical_cue: Column = field(default_factory=Column)
    seconds: array = field(default_factory=lambda: array("d"))

    def __len__(self) -> int:
        return len(self.truth.codes)

    def add(self, joined: Joined) -> None:
        """Appends an utterance."""
        utterance, truth, answer, known = joined
        self.truth.add(truth)
        self.answer.add(answer)
        self.speaker.add(known.speaker or utterance)
        self.language.add(known.language)
        self.corpus.add(known.corpus)
        self.lexical_cue.add(known.lexical_cue)
        self.seconds.append(math.nan if known.seconds is None else known.seconds)

    def pairs(self) -> Counter[tuple[str, str]]:
        """Counts (reference, hypothesis)."""
        truths, answers = self.truth.names, self.answer.names
        times = np.bincount(self.truth.array() * len(answers) + self.answer.array())
        pairs = {divmod(place, len(answers)): int(times[place]) for place in np.flatnonzero(times).tolist()}
        return Counter({(truths[truth], answers[answer]): number for (truth, answer), number in pairs.items()})

    def confusion(self, emotions: Sequence[str]) -> Confusion:
        """Counts pairs of reference and hypothesis; see `c2ser.scoring.metrics.count_confusion`."""
        return confusion_of_pairs(self.pairs(), emotions)

    def right(self) -> np.ndarray:
        """Tells which utterances are recognised, (N,)."""
        truth_of_answer = np.array([self.truth.numbers.get(name, -1) for name in self.answer.names])
        return truth_of_answer[self.answer.array()] == self.truth.array()

    def cells(self, confusion: Confusion) -> np.ndarray:
        """Returns the place of each utterance in the flattened counts of a confusion, (N,)."""
        rows = np.array([confusion.rows.index(name) for name in self.truth.names])
        columns = np.array([confusion.columns.index(name) for name in self.answer.names])
        return rows[self.truth.array()] * len(confusion.columns) + columns[self.answer.array()]

    @property
    def num_speakers(self) -> int:
        """The number of speakers; 0 where each utterance has its own, as where they are unknown."""
        return len(self.speaker.numbers) if len(self.speaker.numbers) < len(self) else 0

    def drawn_speakers(self) -> np.ndarray | None:
        """Returns each utterance's speaker if intervals are to be over speakers, (N,); else None."""
        return self.speaker.array() if are_several(self.num_speakers, len(self)) else None

    def units(self, confusion: Confusion) -> Units:
        """Returns what is drawn for intervals of the scores of a confusion of all utterances."""
        return units_of([self.cells(confusion)], [confusion.counts.size], speaker=self.drawn_speakers())


def score_answers(labels: Mapping[str, str], answers: Mapping[str, str], *, speakers: Mapping[str, str]) -> dict:
    """Scores answers to a set that is in memory.

    Args:
        labels: utterance -> true emotion.
        answers: utterance -> emotion, or `c2ser.emotions.INVALID`, at least of those that have a label.
        speakers: utterance -> speaker, where known.

    Returns:
        ``ua``, ``wa``, ``invalid_rate`` and ``ua_ci95``.

    Example:
        >>> score_answers({"a": "sad", "b": "angry"}, {"a": "sad", "b": "sad"}, speakers={})["ua"]
        0.5
    """
    rows = Answers()
    for utt, label in labels.items():
        rows.add(Joined(utt, label, answers[utt], Known(speakers.get(utt))))
    confusion = rows.confusion(EMOTIONS)
    result = summarise(confusion, rows.units(confusion))
    return {name: result[name] for name in ("ua", "wa", "invalid_rate")} | {"ua_ci95": result["ci95"]["ua"]}


def is_utt_tsv(path: str | Path) -> bool:
    """Tells by its first line whether ``score`` wrote a file of utterances."""
    with open(path, "rb") as file:
        return file.readline().startswith("\t".join(COLUMNS).encode())


def read_utt_tsv(path: str | Path) -> Iterator[Joined]:
    """Reads what ``score`` wrote of each utterance, ``utt.tsv``, sorted by utterance; speakers where they are known.

    Raises:
        InputError: it is missing, or was not written by ``score``.

    Example:
        >>> next(read_utt_tsv("score/utt.tsv")).truth  # doctest: +SKIP
        'happy'
    """
    number = 0
    try:
        with open(path, "rb") as file:  # so that a line that is not UTF-8 is known by its number
            for number, line in enumerate(file, 1):
                utterance, truth, answer, correct, *speaker = line.decode().rstrip("\n").split("\t")
                if number > 1:
                    yield Joined(utterance, truth, answer, Known(*speaker))
                elif (utterance, truth, answer, correct) != COLUMNS or speaker not in ([], [SPEAKER]):
                    raise ValueError
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; make it with score") from None
    except (ValueError, TypeError):
        raise InputError(f"{path}:{max(number, 1)}: not a line that score writes; score again") from None
