"""Recordings of any length are cut into windows of speech, which a model answers one by one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from c2ser.data.resample import SAMPLE_RATE
from c2ser.errors import InputError


@dataclass(frozen=True)
class Segmentation:
    """How a recording is cut.

    Speech between two pauses is a segment. What is longer than a window is cut into windows that overlap; of each, the
    segment is the part up to the middle of the overlaps, so that segments do not overlap and each is answered with
    what is said around it.

    Attributes:
        window: greatest number of seconds that are answered together; near the length of the utterances that the model
            was trained on.
        overlap: seconds that two windows of the same stretch of speech have in common.
        pause: seconds without speech that end a segment.
        shortest: seconds; shorter stretches of speech are left out.

    Raises:
        InputError: a value is out of range.

    Example:
        >>> Segmentation(window=5, overlap=2).hop
        3
    """

    window: float = 8.0
    overlap: float = 2.0
    pause: float = 0.5
    shortest: float = 0.4

    def __post_init__(self) -> None:
        if not (0 < self.window <= 30 and 0 <= self.overlap < self.window and self.pause > 0 and self.shortest >= 0):
            raise InputError(
                f"{self}: a window has more than 0 and at most 30 s, an overlap less than the window, and a pause more "
                "than 0 s"
            )

    @property
    def hop(self) -> float:
        """Seconds from the beginning of a window to that of the next one."""
        return self.window - self.overlap


@dataclass(frozen=True)
class Window:
    """Speech that is answered together.

    Attributes:
        audio: (N,) at 16 kHz, float32.
        start: of the segment that the answer stands for, in samples from the recording's beginning.
        end: of the segment.

    Example:
        >>> Window(np.zeros(16000, np.float32), 0, 16000).end
        16000
    """

    audio: np.ndarray
    start: int
    end: int


class _Memory:
    """The last samples of a stream."""

    def __init__(self) -> None:
        self.samples = np.zeros(0, np.float32)
        self.start = 0

    def append(self, samples: np.ndarray) -> None:
        self.samples = np.concatenate([self.samples, samples])

    def forget(self, before: int) -> None:
        """Drops the samples before a place."""
        dropped = min(max(0, before - self.start), len(self.samples))
        self.samples = self.samples[dropped:].copy()  # a view would keep the whole
        self.start += dropped

    def part(self, start: int, end: int) -> np.ndarray:
        return self.samples[start - self.start : end - self.start].copy()


class _Stretch:
    """Cuts one stretch of speech into windows while its end is not known yet.

    Args:
        start: where it begins.
        segmentation: in samples.
    """

    def __init__(self, start: int, *, window: int, overlap: int, memory: _Memory):
        self.start = self.next = self.said = start
        self.window, self.overlap, self.memory = window, overlap, memory

    def advance(self, known: int) -> Iterator[Window]:
        """Yields the windows before a place up to which there is speech, and more after it."""
        while known > self.next + self.window:
            end = self.next + self.window
            middle = end - self.overlap // 2
            yield Window(self.memory.part(self.next, end), self.said, middle)
            self.said = middle
            self.next = end - self.overlap

    def finish(self, end: int) -> Iterator[Window]:
        """Yields the last windows; the very last one is as long as the others and overlaps more."""
        yield from self.advance(end)
        first = max(self.start, end - self.window)
        yield Window(self.memory.part(first, end), self.said, end)

    @property
    def needed(self) -> int:
        """Where the samples begin that are still to be cut."""
        return max(self.start, self.next - self.window)


def speech_windows(blocks: Iterable[np.ndarray], segmentation: Segmentation) -> Iterator[Window]:
    """Cuts a recording.

    Only some windows' samples are in memory.

    Args:
        blocks: consecutive parts (N,) of the recording at 16 kHz, float32, of any lengths.
        segmentation: how.

    Yields:
        Windows in order; none where there is no speech.

    Example:
        >>> list(speech_windows([np.zeros(48000, np.float32)], Segmentation()))
        []
    """
    from c2ser.acoustics.voice_activity import VoiceActivity  # imports PyTorch, for which `Segmentation` need not wait

    window, overlap, shortest, pause = (
        round(SAMPLE_RATE * seconds)
        for seconds in (segmentation.window, segmentation.overlap, segmentation.shortest, segmentation.pause)
    )
    activity, memory, stretch = VoiceActivity(pause=segmentation.pause), _Memory(), None
    for block in _seconds(blocks):
        if block is not None:
            memory.append(block)
        for change in activity.update(block) if block is not None else activity.finish():
            if change.speech:
                place = max(change.place, memory.start)
                stretch = _Stretch(place, window=window, overlap=overlap, memory=memory)
            elif stretch is not None:
                if change.place - stretch.start >= shortest:
                    yield from stretch.finish(change.place)
                stretch = None
        if stretch is not None:
            yield from stretch.advance(activity.place - pause - SAMPLE_RATE)  # an end may be found that late
        memory.forget(activity.place - SAMPLE_RATE if stretch is None else stretch.needed)


def _seconds(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray | None]:
    """Yields parts of at most a second, and None at the end."""
    for block in blocks:
        for start in range(0, len(block), SAMPLE_RATE):
            yield block[start : start + SAMPLE_RATE]
    yield None
