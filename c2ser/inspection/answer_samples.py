"""Answers, drawn at random or chosen, beside what was measured and said."""

import hashlib
import heapq
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from c2ser.acoustics.attributes import parse_attributes
from c2ser.acoustics.levels import ATTRIBUTES, UNKNOWN
from c2ser.data.data_dir import DataDir
from c2ser.data.names import ATTRIBUTES as ATTRIBUTES_TABLE
from c2ser.data.names import UTT2SPK
from c2ser.inspection.answer_marks import Piece, marked_answer
from c2ser.inspection.embedded_audio import Audio, EmbeddedAudio
from c2ser.languages import language_of
from c2ser.scoring.faithfulness_comparison import AnsweredUtterance, Comparison, compare, read_answered
from c2ser.scoring.faithfulness_words import Chunk, alignment

UNITS = {"pitch": "Hz", "energy": "LUFS", "rate": "phonemes/s"}


@dataclass(frozen=True)
class LevelRow:
    """A level as it was measured and as it is said.

    Attributes:
        attribute: its name.
        value: as measured, with its unit; empty where undefined.
        measured, said: levels; None where there is none.
    """

    attribute: str
    value: str
    measured: str | None
    said: str | None

    @property
    def is_right(self) -> bool | None:
        """None where it was not measured."""
        return None if self.measured is None else self.said == self.measured


@dataclass(frozen=True)
class AnswerSample:
    """One answer of the page.

    Attributes:
        comparison: with what was measured and said.
        speaker: of the utterance.
        audio: to play; empty where none was asked for.
        pieces: the answer with its marks.
        levels: measured and said.
        words: the quoted words aligned with those that were said; empty without a reference.
    """

    comparison: Comparison
    speaker: str
    audio: Audio
    pieces: list[Piece]
    levels: list[LevelRow]
    words: list[Chunk]

    @property
    def expected_language(self) -> str | None:
        """The language in which the utterance should be answered."""
        return self.comparison.of.language and language_of(self.comparison.of.language).code

    @property
    def emotion_is_right(self) -> bool | None:
        """Whether it concludes with the label; None where there is none."""
        label = self.comparison.of.emotion
        return None if label is None else self.comparison.answer.emotion == label

    @property
    def num_wrong(self) -> int:
        """How many of the things that are known it says wrong, or not at all."""
        compared = self.comparison
        truths = [row.is_right for row in self.levels]
        truths += [self.emotion_is_right, compared.language_is_right, compared.is_whole, compared.answer.agrees]
        words_wrong = compared.errors is not None and compared.errors.char_edits > 0
        return sum(truth is False for truth in truths) + words_wrong


def draw_answers(
    data_dir: str | Path, hyp: str | Path, *, number: int, seed: int = 0, wording: str = "templates"
) -> list[AnswerSample]:
    """Draws utterances at random and reads their answers.

    The draw depends on the seed and the ids alone, so that answers of several models are of the same utterances.

    Args:
        data_dir: what was answered.
        hyp: the answers.
        number: how many utterances.
        seed: of the draw.
        wording: what reads as a whole rationale; see `c2ser.scoring.faithfulness_answers.read_answer`.

    Raises:
        InputError: a table is faulty.

    Example:
        >>> [sample.num_wrong for sample in draw_answers("dump/test", "exp/alm/text", number=3)]  # doctest: +SKIP
        [0, 2, 1]
    """
    drawn = heapq.nsmallest(number, read_answered(data_dir, hyp), key=lambda row: lot(row.utterance, seed))
    drawn.sort(key=lambda row: row.utterance)
    audio = EmbeddedAudio(data_dir, {row.utterance for row in drawn})
    samples = _samples(data_dir, drawn, wording)
    return [replace(sample, audio=audio.read(sample.comparison.of.utterance)) for sample in samples]


def chosen_answers(data_dir: str | Path, hyp: str | Path, *, utterances: Collection[str]) -> list[AnswerSample]:
    """Reads the answers to chosen utterances, without audio.

    Args:
        data_dir: what was answered.
        hyp: the answers.
        utterances: those that are wanted.

    Raises:
        InputError: a table is faulty.

    Example:
        >>> chosen_answers("dump/test", "text", utterances={"anna-1"})[0].emotion_is_right  # doctest: +SKIP
        True
    """
    return _samples(data_dir, [row for row in read_answered(data_dir, hyp) if row.utterance in utterances], "templates")


def lot(utterance: str, seed: int) -> bytes:
    """Returns what a draw of utterances sorts by: the same for every model and machine."""
    return hashlib.blake2b(f"{seed} {utterance}".encode(), digest_size=8).digest()


def _samples(data_dir: str | Path, rows: Iterable[AnsweredUtterance], wording: str) -> list[AnswerSample]:
    answered = {row.utterance: row for row in rows}
    parsers = {ATTRIBUTES_TABLE: parse_attributes}
    facts = DataDir(data_dir).iterate(optional=[UTT2SPK, ATTRIBUTES_TABLE], parsers=parsers)
    return [_sample(answered[utt], *values, wording) for utt, *values in facts if utt in answered]


def _sample(row: AnsweredUtterance, speaker: str | None, values: Sequence[float] | None, wording: str) -> AnswerSample:
    compared = compare(row, wording=wording)
    return AnswerSample(
        comparison=compared,
        speaker=speaker or "-",
        audio=Audio(),
        pieces=marked_answer(compared),
        levels=level_rows(compared, values),
        words=[] if compared.errors is None else alignment(row.text, compared.answer.quote),
    )


def level_rows(comparison: Comparison, values: Sequence[float] | None, *, undefined: str = UNKNOWN) -> list[LevelRow]:
    """Puts the levels that an answer states beside those that were measured.

    Args:
        comparison: of the answer with what was measured.
        values: of `ATTRIBUTES`; None where nothing was measured.
        undefined: what stands for a value that is not known.
    """
    measured, said = comparison.measured, comparison.answer.levels
    return [
        LevelRow(name, with_unit(name, value) or undefined, measured.get(name), said[name])
        for name, value in zip(ATTRIBUTES, values or [math.nan] * len(ATTRIBUTES))
    ]


def with_unit(attribute: str, value: float) -> str:
    """Returns a value of an attribute with its unit; nothing where it is undefined.

    Example:
        >>> with_unit("pitch", 203.14), with_unit("rate", math.nan)
        ('203.1 Hz', '')
    """
    return "" if math.isnan(value) else f"{value:.1f} {UNITS[attribute]}"
