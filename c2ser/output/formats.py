"""Formats of answers about files: tables with tabs or commas, JSON lines, and the annotations RTTM and CTM.

An answer is a mapping as `c2ser.Recognition.as_dict` returns it, with the file's name as ``file``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from c2ser.emotions import INVALID
from c2ser.output.fields import csv_line, json_line, tsv_line, word

Answer = Mapping[str, Any]
NOT_GIVEN = "<NA>"  # in RTTM


@dataclass(frozen=True)
class Layout:
    """What the rows of a table have.

    Attributes:
        emotions: the label set, of which each has a column with its probability; empty where there are none.
        segments: a row is a segment, with its times, rather than a file.
    """

    emotions: Sequence[str] = ()
    segments: bool = False

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        times = ["start", "end"] if self.segments else ["seconds"]
        probabilities = ["probability", *self.emotions] if self.emotions else []
        return ["file", *times, "emotion", *probabilities, "text"]


class Part(NamedTuple):
    """A part of a file, and what is answered about it.

    Attributes:
        start, end: in seconds.
        answer: about the part.
    """

    start: float
    end: float
    answer: Answer


class Format(Protocol):
    """Writes answers as lines."""

    def __call__(self, answers: Iterable[Answer], layout: Layout) -> Iterator[str]:
        """Yields lines with their ends, a head first where the format has one."""


def parts_of(answer: Answer) -> list[Part]:
    """Returns the segments of an answer, or of a file that has none all of it.

    Example:
        >>> [(part.start, part.end) for part in parts_of({"seconds": 2.5, "emotion": "sad"})]
        [(0.0, 2.5)]
    """
    if not answer.get("segments"):
        return [Part(0.0, answer["seconds"], answer)]
    return [Part(segment["start"], segment["end"], segment) for segment in answer["segments"]]


def probability_of(answer: Answer) -> float | None:
    """Returns the probability of an answer's emotion; None where it is not known.

    Example:
        >>> probability_of({"emotion": "sad", "scores": {"sad": 0.75, "happy": 0.25}})
        0.75
    """
    return (answer.get("scores") or {}).get(answer["emotion"])


def table_rows(answers: Iterable[Answer], layout: Layout) -> Iterator[list[str]]:
    """Yields the rows of a table, the names of the columns first.

    Args:
        answers: about files.
        layout: the columns.

    Example:
        >>> answer = {"file": "a.wav", "seconds": 2.5, "emotion": "sad", "text": "It is sad."}
        >>> list(table_rows([answer], Layout()))
        [['file', 'seconds', 'emotion', 'text'], ['a.wav', '2.500', 'sad', 'It is sad.']]
    """
    yield layout.columns
    for answer in answers:
        for part in parts_of(answer) if layout.segments else [Part(0.0, answer["seconds"], answer)]:
            times = [f"{part.start:.3f}", f"{part.end:.3f}"] if layout.segments else [f"{part.end:.3f}"]
            scores = part.answer.get("scores") or {}
            shares = [probability_of(part.answer), *map(scores.get, layout.emotions)] if layout.emotions else []
            probabilities = ["" if share is None else f"{share:.4f}" for share in shares]
            text = " ".join(part.answer["text"].split())
            yield [answer["file"], *times, part.answer["emotion"] or INVALID, *probabilities, text]


def tsv(answers: Iterable[Answer], layout: Layout) -> Iterator[str]:
    """Writes a table with tabs between the columns; see `c2ser.output.fields.tsv_line`."""
    return map(tsv_line, table_rows(answers, layout))


def comma_separated(answers: Iterable[Answer], layout: Layout) -> Iterator[str]:
    """Writes a table with commas between the columns; see `c2ser.output.fields.csv_line`."""
    return map(csv_line, table_rows(answers, layout))


def json_lines(answers: Iterable[Answer], layout: Layout) -> Iterator[str]:
    """Writes each answer whole, as one line of JSON."""
    return map(json_line, answers)


def rttm(answers: Iterable[Answer], layout: Layout) -> Iterator[str]:
    """Writes segments as tools for diarization read them, with the emotion in place of the speaker.

    References:
        NIST: Rich transcription 2009 evaluation plan, appendix A: RTTM file format specification.
    """
    for name, part in _named_parts(answers):
        share = probability_of(part.answer)
        confidence = NOT_GIVEN if share is None else f"{share:.4f}"
        emotion = part.answer["emotion"] or NOT_GIVEN
        place = f"{part.start:.3f} {part.end - part.start:.3f}"
        yield f"SPEAKER {name} 1 {place} {NOT_GIVEN} {NOT_GIVEN} {emotion} {confidence} {NOT_GIVEN}\n"


def ctm(answers: Iterable[Answer], layout: Layout) -> Iterator[str]:
    """Writes segments as tools for speech recognition read times of words, with the emotion in place of the word."""
    for name, part in _named_parts(answers):
        share = probability_of(part.answer)
        confidence = "" if share is None else f" {share:.4f}"
        place = f"{part.start:.3f} {part.end - part.start:.3f}"
        yield f"{name} 1 {place} {part.answer['emotion'] or INVALID}{confidence}\n"


def _named_parts(answers: Iterable[Answer]) -> Iterator[tuple[str, Part]]:
    for answer in answers:
        for part in parts_of(answer):
            yield word(answer["file"]), part


FORMATS: Mapping[str, Format] = {
    "tsv": tsv,
    "csv": comma_separated,
    "jsonl": json_lines,
    "rttm": rttm,
    "ctm": ctm,
}
