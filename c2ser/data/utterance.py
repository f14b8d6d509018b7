"""One utterance as corpora give it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GENDERS = ("m", "f")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance of a corpus; what is not known is None.

    Attributes:
        id: starts with the speaker, so that sorting by utterance sorts by speaker too.
        wav: the audio file, in any format that libsndfile or ffmpeg reads.
        speaker: the speaker's id; where it is unknown, the utterance's id, which stands for that.
        emotion: a canonical name (`c2ser.emotions.EMOTIONS`); None if the utterance is unlabelled.
        text: the transcript.
        language: ISO 639-1.
        gender: ``m`` or ``f``.
        corpus: the name of the corpus.
        recording: the id of the recording that the file is, where the utterance is only a part of it.
        start: where the utterance begins in the recording, in seconds.
        end: where it ends, in seconds.
        votes: how many listeners chose each emotion: canonical name -> count; see `c2ser.data.votes`.
        age: of the speaker, in years.
        lexical_cue: which emotions its words name (`c2ser.languages.lexical_cue`), if scores are to be divided by that.

    Example:
        >>> Utterance("anna-1", Path("anna/1.wav"), "anna", emotion="happy", language="en", gender="f")
        ...  # doctest: +SKIP
    """

    id: str
    wav: Path
    speaker: str
    emotion: str | None = None
    text: str | None = None
    language: str | None = None
    gender: str | None = None
    corpus: str | None = None
    recording: str | None = None
    start: float | None = None
    end: float | None = None
    votes: Mapping[str, float] | None = field(default=None, hash=False)
    age: int | None = None
    lexical_cue: str | None = None
