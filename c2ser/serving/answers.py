"""Answers as JSON, described for OpenAPI."""

from pydantic import BaseModel, Field


class MeasuredAnswer(BaseModel):
    """Acoustic attributes of the audio."""

    pitch_hz: float | None = Field(description="mean F0 over voiced frames; null where undefined")
    loudness_lufs: float | None = Field(description="integrated loudness, ITU-R BS.1770")
    phonemes_per_second: float | None = Field(description="speaking rate; null where words or language are unknown")
    levels: dict[str, str] = Field(description="pitch, energy, rate: low, medium or high, by the model's training set")


class Part(BaseModel):
    """What is answered about an utterance."""

    emotion: str | None = Field(description="null where the answer names none of the label set")
    invalid: bool = Field(description="whether it names none")
    text: str = Field(description="the answer as generated; empty where there are segments")
    scores: dict[str, float] | None = Field(description="probability of each emotion, where asked for")
    language: str | None = Field(description="of the answer, ISO 639-1")
    stated_levels: dict[str, list[str]] = Field(description="levels that the answer states")
    quotes: list[str] = Field(description="words that the answer quotes")
    measured: MeasuredAnswer | None = Field(description="where asked for")
    transcript: str | None = Field(description="the words, as a recogniser or the answer has them")
    seconds: float | None = Field(description="duration")


class SegmentAnswer(Part):
    """What is answered about a part of a recording."""

    start: float = Field(description="seconds")
    end: float = Field(description="seconds")


class Answer(Part):
    """What is answered about a file."""

    segments: list[SegmentAnswer] = Field(description="of a recording that was cut")


class TranscriptionSegment(BaseModel):
    """A segment as OpenAI's verbose_json has it, and its emotion."""

    id: int
    start: float
    end: float
    text: str
    emotion: str | None


class Transcription(BaseModel):
    """The answer as the text of a transcription, as OpenAI's API has it."""

    text: str = Field(description="what the model answers; of a long recording, a line per segment")


class VerboseTranscription(Transcription):
    """As OpenAI's verbose_json, and the emotion with its probabilities."""

    task: str = "transcribe"
    language: str | None
    duration: float | None
    segments: list[TranscriptionSegment]
    emotion: str | None
    scores: dict[str, float] | None
