"""Which emotion is when: turns of recordings, and how far a hypothesis is from the reference."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from c2ser.errors import InputError

NON_EMOTIONAL = ("neutral",)


class Turn(NamedTuple):
    """A part of a recording in which there is one emotion.

    Attributes:
        start: in seconds.
        end: in seconds.
        emotion: its name.
    """

    start: float
    end: float
    emotion: str


@dataclass(frozen=True)
class DiarizationError:
    """Durations of what a hypothesis has wrong, in seconds; they can be added up over recordings.

    Attributes:
        missed: there is an emotion in the reference and none in the hypothesis.
        false_alarm: there is an emotion in the hypothesis and none in the reference.
        confusion: there are two that differ.
        seconds: duration of the recordings.

    Example:
        >>> (DiarizationError(1, 0, 1, 10) + DiarizationError(0, 2, 0, 10)).rate
        0.2
    """

    missed: float
    false_alarm: float
    confusion: float
    seconds: float

    @property
    def rate(self) -> float:
        """The emotion diarization error rate (EDER), a fraction of the recordings' duration."""
        return (self.missed + self.false_alarm + self.confusion) / self.seconds

    def __add__(self, other: "DiarizationError") -> "DiarizationError":
        return DiarizationError(
            self.missed + other.missed,
            self.false_alarm + other.false_alarm,
            self.confusion + other.confusion,
            self.seconds + other.seconds,
        )


def diarization_error(
    reference: Iterable[Turn],
    hypothesis: Iterable[Turn],
    *,
    seconds: float,
    non_emotional: Collection[str] = NON_EMOTIONAL,
) -> DiarizationError:
    """Compares the turns of one recording.

    Where there is no turn there is no emotion, and turns of ``non_emotional`` count as none. SpeechBrain's recipe has
    labels for all of the recording, and the mean of the recordings' rates; here, `DiarizationError` can be added up
    too.

    Args:
        reference: turns that do not overlap.
        hypothesis: likewise.
        seconds: duration of the recording.
        non_emotional: emotions that count as none.

    Raises:
        InputError: turns overlap, or are not within the recording.

    References:
        Wang, Ravanelli, Yacoubi. Speech emotion diarization: which emotion appears when? ASRU 2023. arXiv:2306.12991.

    Example:
        >>> error = diarization_error([Turn(0, 4, "sad")], [Turn(1, 5, "sad"), Turn(5, 6, "angry")], seconds=10)
        >>> error.missed, error.false_alarm, error.confusion, error.rate
        (1.0, 2.0, 0.0, 0.3)
    """
    if seconds <= 0:
        raise InputError(f"seconds {seconds}: a recording is longer than 0 s")
    sides = [_ordered(turns, seconds, non_emotional) for turns in (reference, hypothesis)]
    places = sorted({0, seconds, *(place for turns in sides for turn in turns for place in turn[:2])})
    missed = false_alarm = confusion = 0.0
    for start, end in zip(places, places[1:]):
        true, found = (_emotion_at(turns, start) for turns in sides)
        if true != found:
            missed += end - start if found is None else 0
            false_alarm += end - start if true is None else 0
            confusion += end - start if true is not None and found is not None else 0
    return DiarizationError(missed, false_alarm, confusion, seconds)


def read_rttm(path: str | Path) -> dict[str, list[Turn]]:
    """Reads turns from RTTM, with emotions in place of speakers, as ``c2ser infer --format rttm`` writes them.

    Args:
        path: the file. Of each line ``SPEAKER <recording> <channel> <start> <duration> <NA> <NA> <emotion> ...``; an
            emotion ``<NA>`` is left out, and so are lines of other types.

    Returns:
        Recording -> turns, in the order of the file.

    Raises:
        InputError: the file cannot be read, or a line is not of this form; names it.

    Example:
        >>> read_rttm("reference.rttm")["call-1"][0]  # doctest: +SKIP
        Turn(start=0.5, end=3.0, emotion='angry')
    """
    turns: dict[str, list[Turn]] = {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); check the path") from None
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if fields[:1] != ["SPEAKER"]:
            continue
        try:
            recording, start, duration, emotion = fields[1], float(fields[3]), float(fields[4]), fields[7]
        except (IndexError, ValueError):
            raise InputError(
                f"{path}:{number}: not a line of RTTM; it has SPEAKER, recording, channel, start, duration, two fields "
                "that are not used, and the emotion"
            ) from None
        own = turns.setdefault(recording, [])
        if emotion != "<NA>":
            own.append(Turn(start, start + duration, emotion))
    return turns


def _ordered(turns: Iterable[Turn], seconds: float, non_emotional: Collection[str]) -> list[Turn]:
    """Returns the turns with emotions in order."""
    ordered = sorted(turns)
    for turn, after in zip(ordered, [*ordered[1:], None]):
        if not 0 <= turn.start < turn.end <= seconds + 0.01:  # times are often rounded
            raise InputError(f"{tuple(turn)}: not within the recording's {seconds} s")
        if after is not None and after.start < turn.end - 0.001:
            raise InputError(f"{tuple(turn)} and {tuple(after)} overlap; give one emotion at a time")
    return [turn._replace(end=min(turn.end, seconds)) for turn in ordered if turn.emotion not in non_emotional]


def _emotion_at(turns: Sequence[Turn], place: float) -> str | None:
    return next((turn.emotion for turn in turns if turn.start <= place < turn.end), None)
