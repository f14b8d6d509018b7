"""An answer as the page shows it: the whole, or its segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from c2ser.acoustics.levels import ATTRIBUTES, UNKNOWN
from c2ser.inspection.answer_marks import Piece, marked_answer
from c2ser.inspection.answer_samples import LevelRow, level_rows
from c2ser.inspection.plots import EMOTION_COLOURS
from c2ser.scoring.faithfulness_comparison import AnsweredUtterance, compare
from c2ser.serving.page.drawing import clock, outline_path
from c2ser.systems.recognition import Measured, Recognition

NO_EMOTION = "#777777"  # colour of what has none


@dataclass(frozen=True)
class Part:
    """An utterance or a segment.

    Attributes:
        start, end: as fractions of the recording.
        times: the same, to be read; empty of a recording as a whole.
        emotion: None where the answer names none.
        colour: of the emotion.
        outline: SVG path of its part of the waveform.
        scores: emotions with their probabilities, the greatest first.
        pieces: the answer with its marks.
        language: of the answer.
        levels: measured and stated.
        measured: whether attributes were measured.
        transcript: the words, where they are known.
    """

    start: float
    end: float
    times: str
    emotion: str | None
    colour: str
    outline: str
    scores: Sequence[tuple[str, float]]
    pieces: Sequence[Piece]
    language: str | None
    levels: Sequence[LevelRow]
    measured: Measured | None
    transcript: str | None


def parts_of(recognition: Recognition, seconds: float, *, peaks: np.ndarray) -> list[Part]:
    """Returns the segments of an answer, or the whole as one part.

    Args:
        recognition: the answer.
        seconds: duration of the recording.
        peaks: its outline, (N,).
    """
    if not recognition.segments:
        return [part_of(recognition, outline_path(peaks))]
    parts = []
    for segment in recognition.segments:
        span = segment.start / seconds, min(segment.end / seconds, 1.0)
        times = f"{clock(segment.start)}–{clock(segment.end)}"
        parts.append(part_of(segment.recognition, outline_path(peaks, span), span=span, times=times))
    return parts


def part_of(recognition: Recognition, path: str, *, span: tuple[float, float] = (0.0, 1.0), times: str = "") -> Part:
    """Returns an utterance or a segment as the page shows it."""
    measured = recognition.measured
    levels = {} if measured is None else measured.levels
    said = AnsweredUtterance(
        "", recognition.text, tuple(levels.get(name, UNKNOWN) for name in ATTRIBUTES), None, False, None, None
    )
    compared = compare(said)
    return Part(
        start=span[0],
        end=span[1],
        times=times,
        emotion=recognition.emotion,
        colour=EMOTION_COLOURS.get(recognition.emotion, NO_EMOTION),
        outline=path,
        scores=sorted_scores(recognition.scores),
        pieces=marked_answer(compared),
        language=recognition.language,
        levels=level_rows(compared, None if measured is None else measured.attributes, undefined=""),
        measured=measured,
        transcript=recognition.transcript,
    )


def sorted_scores(scores: Mapping[str, float] | None) -> list[tuple[str, float]]:
    """Returns emotions with their probabilities, the greatest first."""
    return sorted((scores or {}).items(), key=lambda item: -item[1])
