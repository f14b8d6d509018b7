"""Requests that wait are answered together: those of similar length, by one thread that has the model to itself."""

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from c2ser.errors import C2SERError
from c2ser.serving.limits import Refused

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """A waveform that is to be answered.

    Attributes:
        samples: (N,) float32.
        asked: what is asked of it; only jobs that ask the same are answered together.
        answer: becomes the answer, or the error that prevented it.
    """

    samples: np.ndarray
    asked: Hashable
    answer: Future = field(default_factory=Future)


Answer = Callable[[list[np.ndarray], Any], Sequence[Any]]


def next_batch(waiting: Sequence[Job], batch_samples: int) -> list[Job]:
    """Chooses what is answered next: the oldest job, and those that ask the same and are of the most similar length.

    Args:
        waiting: jobs, the oldest first.
        batch_samples: what a batch may hold, padding included; a longer job is a batch of its own.

    Example:
        >>> jobs = [Job(np.zeros(samples, np.float32), "implicit") for samples in (300, 900, 200, 310)]
        >>> [len(job.samples) for job in next_batch(jobs, 1000)]
        [300, 310, 200]
    """
    oldest = waiting[0]
    alike = [job for job in waiting if job.asked == oldest.asked]
    batch: list[Job] = []
    longest = 0
    for job in sorted(alike, key=lambda job: (job is not oldest, abs(len(job.samples) - len(oldest.samples)))):
        longest = max(longest, len(job.samples))
        if batch and (len(batch) + 1) * longest > batch_samples:
            break
        batch.append(job)
    return batch


class Batcher:
    """A queue of jobs and the thread that answers them.

    Args:
        answer: returns the answers of waveforms that ask the same.
        batch_samples: see `next_batch`.
        window: seconds that an idle thread waits for more jobs after the first.
        observe: told of each batch: its size.

    Example:
        >>> with Batcher(lambda waveforms, asked: [len(samples) for samples in waveforms]) as batcher:
        ...     batcher.submit(Job(np.zeros(160, np.float32), "length")).result()
        160
    """

    def __init__(
        self,
        answer: Answer,
        *,
        batch_samples: int = 960000,
        window: float = 0.01,
        observe: Callable[[int], None] = lambda size: None,
    ):
        self._answer, self._observe = answer, observe
        self._batch_samples, self._window = batch_samples, window
        self._waiting: list[Job] = []
        self._changed = threading.Condition()
        self._closed = self._ended = False
        self._thread = threading.Thread(target=self._work, name="c2ser-batches", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Batcher":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether jobs are answered."""
        return self._thread.is_alive() and not self._ended

    def submit(self, job: Job) -> Future:
        """Puts a job into the queue and returns its answer to come.

        Raises:
            Refused: the thread has ended.
        """
        with self._changed:
            if self._ended:
                raise _ended()
            self._waiting.append(job)
            self._changed.notify()
        return job.answer

    def close(self) -> None:
        """Answers what waits, then ends the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        batch: list[Job] = []
        try:
            while batch := self._take():
                self._observe(len(batch))
                self._finish(batch)
        except BaseException:  # such as SystemExit, which a thread would end of without a word
            logger.exception("the thread that answers ends")
        finally:  # nobody waits for ever
            with self._changed:
                self._ended = True
                left = [*batch, *self._waiting]
            for job in left:
                if not job.answer.done():
                    job.answer.set_exception(_ended())

    def _take(self) -> list[Job]:
        """Waits for jobs and takes a batch out of the queue; an empty one at the end."""
        with self._changed:
            if not self._waiting and not self._closed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                end = time.monotonic() + self._window
                while (left := end - time.monotonic()) > 0 and not self._closed:
                    self._changed.wait(left)
            if not self._waiting:
                return []
            batch = next_batch(self._waiting, self._batch_samples)
            self._waiting = [job for job in self._waiting if job not in batch]
            return batch

    def _finish(self, batch: list[Job]) -> None:
        """Sets answers; where a batch fails, each of its jobs is tried alone, so that only the faulty one fails."""
        batch = [job for job in batch if job.answer.running() or job.answer.set_running_or_notify_cancel()]
        if not batch:
            return
        try:
            answers = self._answer([job.samples for job in batch], batch[0].asked)
            for job, answer in list(zip(batch, answers, strict=True)):
                job.answer.set_result(answer)
        except Exception as error:
            if len(batch) > 1:
                logger.warning("a batch of %d failed (%s); its requests are answered one by one", len(batch), error)
                for job in batch:
                    self._finish([job])
                return
            if not isinstance(error, C2SERError):
                logger.exception("a request failed")
            batch[0].answer.set_exception(error)


def _ended() -> Refused:
    return Refused(503, "the thread that answers has ended; the server's log says why, and it has to be started again")
