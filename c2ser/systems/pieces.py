"""What is answered at a time: an utterance, or a window of a recording that is too long to be answered as a whole."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from c2ser.data.blocks import checked_blocks, resampled_blocks
from c2ser.data.decode import AudioStream, Recording, assemble
from c2ser.data.limits import MAX_SECONDS, check_seconds
from c2ser.data.resample import SAMPLE_RATE, resample
from c2ser.data.sources import Source
from c2ser.errors import InputError
from c2ser.systems.given_features import GivenFeatures
from c2ser.systems.recognition import Recognition, Segment
from c2ser.systems.recognizer import Speech
from c2ser.systems.request import Request
from c2ser.systems.segmentation import Segmentation, speech_windows

LONG = 30  # seconds, of more Whisper encodes only the beginning; longer recordings are answered in segments


@dataclass(frozen=True)
class Piece:
    """An utterance, a window of a recording, the end of a recording in windows, or a source that cannot be used.

    Attributes:
        source: where it is from.
        speech: what is to be answered; None at the end of a recording in windows, and of an error.
        span: of a window, the segment that its answer stands for, in seconds.
        seconds: duration of the utterance, or at the end of a recording in windows that of the recording.
        error: why the source cannot be used.
    """

    source: Source
    speech: Speech | None = None
    span: tuple[float, float] | None = None
    seconds: float = 0.0
    error: InputError | None = None

    @property
    def is_last(self) -> bool:
        """Whether nothing more of its source follows."""
        return self.span is None


@dataclass(frozen=True)
class PieceReader:
    """Reads what users give, piece by piece.

    Attributes:
        request: what is asked.
        keep_recordings: keep utterances at their own sampling rate too, for what measures them.
        features: Emotion2Vec-S tokens of the sources, which are answered as a whole then; None to compute them.

    Example:
        >>> reader = PieceReader(Request())
        >>> (piece,) = reader.read(Source(np.zeros(32000), "waveform 1"))
        >>> piece.seconds, piece.is_last
        (2.0, True)
    """

    request: Request
    keep_recordings: bool = False
    features: GivenFeatures | None = None

    def read(self, source: Source) -> Iterator[Piece]:
        """Yields the pieces of a source; the last one says that it is, or why the source cannot be used.

        Args:
            source: a file or an array.
        """
        try:
            tokens = None if self.features is None else self.features.read(Path(source.name).stem)
            with source.stream(self.request.rate) as audio:
                for piece in self._read(source, audio):
                    yield piece if tokens is None else _with_tokens(piece, tokens)
        except InputError as error:
            yield Piece(source, error=error)

    def _read(self, source: Source, audio: AudioStream) -> Iterator[Piece]:
        segments = False if self.features is not None else self.request.segments
        limit = LONG if segments is None else MAX_SECONDS if segments is False else 0
        blocks, samples = [], 0
        for block in audio.blocks:
            blocks.append(block)
            samples += len(block)
            if samples > limit * audio.sample_rate:
                break
        else:
            yield self._utterance(source, assemble(audio, blocks, name=source.name))
            return
        if segments is False:
            total = audio.num_samples or samples + sum(map(len, audio.blocks))
            _check_seconds(total / audio.sample_rate, source.name)
        whole = checked_blocks(chain(_popped(blocks), audio.blocks), audio.num_samples, name=source.name)
        segmentation = segments if isinstance(segments, Segmentation) else Segmentation()
        yield from self._windows(source, resampled_blocks(whole, audio.sample_rate), segmentation)

    def _utterance(self, source: Source, recording: Recording) -> Piece:
        waveform = resample(recording.samples, recording.sample_rate)
        kept = recording if self.keep_recordings else None  # else it would only take memory
        return Piece(source, self._speech(waveform, kept), seconds=len(waveform) / SAMPLE_RATE)

    def _windows(self, source: Source, blocks: Iterable[np.ndarray], segmentation: Segmentation) -> Iterator[Piece]:
        total = 0

        def counted() -> Iterator[np.ndarray]:
            nonlocal total
            for block in blocks:
                total += len(block)
                yield block

        for window in speech_windows(counted(), segmentation):
            span = (window.start / SAMPLE_RATE, window.end / SAMPLE_RATE)
            yield Piece(source, self._speech(window.audio), span, len(window.audio) / SAMPLE_RATE)
        yield Piece(source, seconds=total / SAMPLE_RATE)

    def _speech(self, waveform: np.ndarray, recording: Recording | None = None) -> Speech:
        language = self.request.language
        return Speech(
            waveform,
            language=language,
            answer_language=language,
            recording=recording,
            emotions=self.request.emotions,
        )


def join(segments: Sequence[Segment], seconds: float, *, path: str | None = None) -> Recognition:
    """Returns what the segments of a recording say together.

    Args:
        segments: in order.
        seconds: duration of the recording.
        path: its file; None of an array.

    Example:
        >>> sad, angry = (Recognition(emotion, f"The speaker is {emotion}.") for emotion in ("sad", "angry"))
        >>> join([Segment(0, 2, sad), Segment(2, 7, angry), Segment(8, 10, sad)], 10.5).emotion
        'angry'
    """
    durations: dict[str, float] = {}
    scores: dict[str, float] = {}
    scored = [segment for segment in segments if segment.recognition.scores is not None]
    speech = sum(segment.end - segment.start for segment in scored)
    for segment in segments:
        if (emotion := segment.recognition.emotion) is not None:
            durations[emotion] = durations.get(emotion, 0.0) + segment.end - segment.start
        for name, share in (segment.recognition.scores or {}).items():
            scores[name] = scores.get(name, 0.0) + share * (segment.end - segment.start) / speech
    words = [segment.recognition.transcript for segment in segments if segment.recognition.transcript]
    return Recognition(
        max(durations, key=durations.__getitem__) if durations else None,
        "",
        scores or None,
        transcript=" ".join(words) or None,
        seconds=seconds,
        segments=tuple(segments),
        path=path,
    )


def _popped(blocks: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Yields what a list has, which is not kept."""
    while blocks:
        yield blocks.pop(0)


def _with_tokens(piece: Piece, tokens: np.ndarray) -> Piece:
    return piece if piece.speech is None else replace(piece, speech=replace(piece.speech, emotion2vec_s=tokens))


def _check_seconds(seconds: float, name: str) -> None:
    try:
        check_seconds(seconds)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
