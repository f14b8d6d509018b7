"""Audio from strangers becomes an answer: checked, decoded from memory, answered in a batch."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

import numpy as np

from c2ser.acoustics.attributes import check_installed
from c2ser.data.decode import Recording, assemble, open_audio
from c2ser.data.resample import SAMPLE_RATE, resample
from c2ser.errors import InputError
from c2ser.serving.batching import Batcher, Job
from c2ser.serving.limits import Gate, Limits
from c2ser.serving.metrics import Metrics
from c2ser.systems.pipeline import C2SER
from c2ser.systems.recognition import Recognition
from c2ser.systems.request import Request

NAME_LENGTH = 80  # characters of a file's name that a message has


class Answered(NamedTuple):
    """An answer and the audio that it is about.

    Attributes:
        recognition: the answer.
        recording: the audio.
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
        """
        name = shown_name(name)
        request = request.checked(self.model.emotions)
        if request.measure:
            check_installed()
        with self.gate:
            async with self._decoders:
                recording = await asyncio.to_thread(self._decode, file, name)
                # Attributes are measured at the recording's own rate; what the model gets is at 16 kHz either way.
                rate = recording.sample_rate if request.measure else SAMPLE_RATE
                samples = await asyncio.to_thread(_at_rate, recording, rate)
            job = Job(samples, replace(request, rate=rate))
            recognition = await asyncio.wrap_future(self.batcher.submit(job))
        self.metrics.audio_seconds.inc(recording.seconds)
        return Answered(recognition, recording, name)

    def _decode(self, file: BinaryIO, name: str) -> Recording:
        with open_audio(file, name) as audio:
            self.gate.check_seconds((audio.num_samples or 0) / audio.sample_rate, name)
            blocks, seconds = [], 0.0
            for block in audio.blocks:  # a small file may hold hours, whatever its header states
                seconds += len(block) / audio.sample_rate
                self.gate.check_seconds(seconds, name)
                blocks.append(block)
            return assemble(audio, blocks, name=name)

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


def _at_rate(recording: Recording, rate: int) -> np.ndarray:
    return recording.samples if recording.sample_rate == rate else resample(recording.samples, recording.sample_rate)
