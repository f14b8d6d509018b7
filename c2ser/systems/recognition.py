"""What a system answers about an utterance or a recording."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from c2ser.acoustics.attributes import Attributes
from c2ser.languages import Rationale, read_rationale

UNITS = {"pitch": "pitch_hz", "energy": "loudness_lufs", "rate": "phonemes_per_second"}


@dataclass(frozen=True)
class Measured:
    """Acoustic attributes that were measured, beside those that an answer states.

    Attributes:
        attributes: mean F0 in Hz, loudness in LUFS, phonemes per second; nan where undefined.
        levels: of those that are defined, by name: ``low``, ``medium`` or ``high`` relative to the model's training
            set; empty where the model was packed without its thresholds.
        undefined: of the others, by name: the reason.

    Example:
        >>> Measured(Attributes(220.0, -23.0, math.nan), {"pitch": "high"}, {"rate": "no transcript"}).as_dict()
        {'pitch_hz': 220.0, 'loudness_lufs': -23.0, 'phonemes_per_second': None, 'levels': {'pitch': 'high'}}
    """

    attributes: Attributes
    levels: Mapping[str, str] = field(default_factory=dict)
    undefined: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Returns values that JSON can hold, with units in their names."""
        values = {UNITS[name]: value for name, value in self.attributes._asdict().items()}
        return {name: None if math.isnan(value) else value for name, value in values.items()} | {
            "levels": dict(self.levels)
        }


@dataclass(frozen=True)
class Recognition:
    """What a system answers about one utterance, or about a recording in segments.

    Attributes:
        emotion: the one that the text names; None where it names none of the label set. Of a recording in segments, the
            one that most of its speech has.
        text: the answer as generated; empty where there are segments, each of which has its own.
        scores: probability of each emotion of the label set; None where the system was not asked for them. Of a
            recording in segments, their mean weighted by duration.
        measured: attributes of the audio; None where they were not asked for.
        transcript: the words, as a recogniser or the answer has them; None where neither does.
        seconds: duration of the audio; None where a system is not told.
        segments: of a recording that was cut, in order, without overlap; else empty.
        path: the file; None for an array.

    Example:
        >>> Recognition("sad", 'It is slow. The text "No." is read. The emotion is sad.').rationale.quotes
        ('No.',)
    """

    emotion: str | None
    text: str
    scores: Mapping[str, float] | None = None
    measured: Measured | None = None
    transcript: str | None = None
    seconds: float | None = None
    segments: "tuple[Segment, ...]" = ()
    path: str | None = None

    @property
    def invalid(self) -> bool:
        """Whether the answer names no emotion of the label set."""
        return self.emotion is None

    @cached_property
    def rationale(self) -> Rationale:
        """What the text states: levels, quoted words, language and conclusion; read when it is first asked for."""
        return read_rationale(self.text)

    @property
    def language(self) -> str | None:
        """ISO 639-1 of the answer; None where it has no letters."""
        return self.rationale.language

    def turns(self) -> list[tuple[float, float, str]]:
        """Returns start, end and emotion of the segments, those next to each other with the same emotion as one.

        Segments without an emotion are left out.

        Example:
            >>> parts = [Segment(n, n + 1, Recognition(name, name)) for n, name in enumerate(["sad", "sad", "angry"])]
            >>> Recognition("sad", "", segments=tuple(parts)).turns()
            [(0, 2, 'sad'), (2, 3, 'angry')]
        """
        turns: list[tuple[float, float, str]] = []
        for segment in self.segments:
            emotion, start = segment.recognition.emotion, segment.start
            if emotion is None:
                continue
            if turns and turns[-1][1:] == (start, emotion):
                start = turns.pop()[0]
            turns.append((start, segment.end, emotion))
        return turns

    def as_dict(self) -> dict[str, Any]:
        """Returns values that JSON can hold.

        Example:
            >>> stated = Recognition("sad", "A slow voice. The emotion is sad.", seconds=2.5).as_dict()
            >>> stated["emotion"], stated["language"], stated["stated_levels"], stated["seconds"]
            ('sad', 'en', {'rate': ['low']}, 2.5)
        """
        levels = {name: sorted(stated) for name, stated in self.rationale.levels.items() if stated}
        return {
            "path": self.path,
            "emotion": self.emotion,
            "invalid": self.invalid,
            "text": self.text,
            "scores": None if self.scores is None else dict(self.scores),
            "language": self.language,
            "stated_levels": levels,
            "quotes": list(self.rationale.quotes),
            "measured": None if self.measured is None else self.measured.as_dict(),
            "transcript": self.transcript,
            "seconds": self.seconds,
            "segments": [segment.as_dict() for segment in self.segments],
        }


@dataclass(frozen=True)
class Segment:
    """A part of a recording, with its own answer.

    Attributes:
        start: in seconds from the recording's beginning.
        end: likewise.
        recognition: of this part.

    Example:
        >>> segment = Segment(0.5, 3.0, Recognition("sad", "The speaker's emotion is sad."))
        >>> f"{segment.start:g}-{segment.end:g} s: {segment.recognition.emotion}"
        '0.5-3 s: sad'
    """

    start: float
    end: float
    recognition: Recognition

    def as_dict(self) -> dict[str, Any]:
        """Returns values that JSON can hold: start, end, and those of the recognition but for segments."""
        answer = {name: value for name, value in self.recognition.as_dict().items() if name not in ("segments", "path")}
        return {"start": round(self.start, 3), "end": round(self.end, 3)} | answer
