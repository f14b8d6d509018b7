"""Audio from strangers becomes an answer: checked, decoded from memory, answered in a batch."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from threading import Event
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np

from c2ser.acoustics.attributes import check_installed
from c2ser.data.blocks import checked_blocks, resampled_blocks
from c2ser.data.decode import AudioStream, Recording, open_audio
from c2ser.data.ffmpeg import Bounds
from c2ser.data.resample import SAMPLE_RATE
from c2ser.errors import InputError
from c2ser.serving.batching import Batcher, Job
from c2ser.serving.limits import Gate, Limits, Refused
from c2ser.serving.metrics import Metrics
from c2ser.systems.pipeline import C2SER
from c2ser.systems.recognition import Recognition
from c2ser.systems.request import Request

NAME_LENGTH = 80  # characters of a file's name that a message has
HIGHEST_RATE = 192000  # Hz of a recording; resampling takes time and memory that grow with it
CONVERSION_SECONDS = 60  # that ffmpeg may take for a file
Result = TypeVar("Result")


class Answered(NamedTuple):
    """An answer and the audio that it is about.

    Attributes:
        recognition: the answer.
        recording: the audio as the model had it: at 16 kHz, or at its own rate where attributes were measured.
        name: of the file, as it may be shown.
    """

    recognition: Recognition
    recording: Recording
    name: str


class Service:
    """A model behind limits and a queue.

    Args:
        model: answers.
        name: of the model, for clients.
        limits: what is taken.
        batch_seconds: audio of a batch, padding included.
        window: seconds that an idle model waits for more requests after the first.

    Example:
        >>> service = Service(C2SER.from_pretrained("exp/packed"), "exp/packed")  # doctest: +SKIP
        >>> with open("a.wav", "rb") as file:  # doctest: +SKIP
        ...     asyncio.run(service.answer(file, "a.wav", Request("explicit"))).recognition.emotion
        'sad'
    """

    def __init__(
        self,
        model: C2SER,
        name: str,
        *,
        limits: Limits | None = None,
        batch_seconds: float = 60,
        window: float = 0.01,
    ):
        self.model, self.name = model, name
        self.limits = limits or Limits()
        self.gate = Gate(self.limits)
        self.metrics = Metrics()
        self.metrics.waiting.set_function(lambda: self.gate.waiting)
        self.batcher = Batcher(
            self._answer,
            batch_samples=int(batch_seconds * SAMPLE_RATE),
            window=window,
            observe=self.metrics.batch_sizes.observe,
        )
        self._decoders = asyncio.Semaphore(os.cpu_count() or 1)  # each has a recording in memory

    async def answer(self, file: BinaryIO, name: str | None, request: Request) -> Answered:
        """Answers a file.

        Args:
            file: open for reading; it is decoded as it stands, and its name opens nothing.
            name: of the file, as the client calls it.
            request: what is asked.

        Raises:
            InputError: it is not audio, or something is asked that the model does not have.
            Refused: it is too long, or too many requests wait.

        Where the task is cancelled, decoding ends, and what waits for the model is taken out of the queue.
        """
        name = shown_name(name)
        request = request.checked(self.model.emotions)
        if request.measure:
            check_installed()
        with self.gate:
            async with self._decoders:
                recording = await _in_thread(lambda given_up: self._decode(file, name, request.measure, given_up))
            job = Job(recording.samples, replace(request, rate=recording.sample_rate))
            recognition = await asyncio.wrap_future(self.batcher.submit(job))
        self.metrics.audio_seconds.inc(recording.seconds)
        return Answered(recognition, recording, name)

    def _decode(self, file: BinaryIO, name: str, own_rate: bool, given_up: Event) -> Recording:
        """Reads block by block, so that of a recording at a high rate only what is at 16 kHz is in memory.

        Attributes are measured at the recording's own rate; what the model gets is at 16 kHz either way.
        """
        bounds = Bounds(self.limits.seconds, CONVERSION_SECONDS, given_up)
        with open_audio(file, name, bounds=bounds) as audio:
            rate = audio.sample_rate
            if rate > HIGHEST_RATE:
                raise Refused(422, f"{name}: a sampling rate of {rate} Hz; the server takes up to {HIGHEST_RATE}")
            self.gate.check_seconds((audio.num_samples or 0) / rate, name)
            blocks = checked_blocks(self._within(audio, name, given_up), audio.num_samples, name=name)
            samples = list(blocks if own_rate else resampled_blocks(blocks, rate))
            rate = rate if own_rate else SAMPLE_RATE
            return Recording(np.concatenate(samples), rate, channels=audio.channels, centre=audio.centre)

    def _within(self, audio: AudioStream, name: str, given_up: Event) -> Iterator[np.ndarray]:
        """Yields blocks as long as they are wanted; a small file may hold hours, whatever its header states."""
        seconds = 0.0
        for block in audio.blocks:
            seconds += len(block) / audio.sample_rate
            self.gate.check_seconds(seconds, name)
            if given_up.is_set():
                raise InputError(f"{name}: given up")
            yield block

    def _answer(self, waveforms: Sequence[np.ndarray], asked: Request) -> list[Recognition]:
        return self.model.recognize(
            list(waveforms),
            asked.mode,
            rate=asked.rate,
            language=asked.language,
            emotions=asked.emotions,
            scores=asked.scores,
            measure=asked.measure,
            segments=asked.segments,
        )


def measuring_error() -> str | None:
    """Returns why attributes cannot be measured here; None where they can."""
    try:
        check_installed()
    except InputError as error:
        return str(error)
    return None


def shown_name(name: str | None) -> str:
    """Returns a client's name of a file as it may stand in a message: without folders and control characters.

    Example:
        >>> shown_name("../../etc/a\\nb.wav"), shown_name(None)
        ('ab.wav', 'file')
    """
    plain = "".join(character for character in name or "" if character.isprintable())
    return PurePosixPath(plain.replace("\\", "/")).name[-NAME_LENGTH:] or "file"


async def _in_thread(work: Callable[[Event], Result]) -> Result:
    """Runs work in a thread; where the task is cancelled, the event is set, and the thread's end is waited for."""
    given_up = Event()
    done = asyncio.ensure_future(asyncio.to_thread(work, given_up))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        given_up.set()
        await asyncio.wait([done])
        raise
