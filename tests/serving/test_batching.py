"""Requests wait for each other, only as long as that helps, and one's fault is not another's."""

from threading import Event

import numpy as np
import pytest

from c2ser.serving.batching import Batcher, Job, next_batch
from c2ser.serving.limits import Refused


def job(samples: int, asked: str = "implicit") -> Job:
    return Job(np.zeros(samples, np.float32), asked)


def lengths(batch: list[Job]) -> list[int]:
    return [len(job.samples) for job in batch]


def test_the_oldest_job_is_next_with_those_that_are_alike():
    waiting = [job(500), job(100), job(510), job(505, "explicit"), job(900), job(480)]
    assert lengths(next_batch(waiting, 1600)) == [500, 510, 480]
    assert lengths(next_batch(waiting[1:], 1600)) == [100, 480, 510]
    assert lengths(next_batch(waiting[3:], 1600)) == [505]


def test_a_job_longer_than_a_batch_is_one_of_its_own():
    assert lengths(next_batch([job(5000), job(10)], 1600)) == [5000]
    assert lengths(next_batch([job(10), job(5000)], 1600)) == [10]


@pytest.fixture
def held():
    """A batcher that works on nothing until it is released, with the batches that it has answered."""
    batches, release = [], Event()

    def answer(waveforms, asked):
        release.wait(30)
        batches.append([len(samples) for samples in waveforms])
        if asked == "end":
            raise SystemExit
        if asked == "faulty" and 13 in batches[-1]:
            raise RuntimeError("13 samples")
        return [len(samples) for samples in waveforms]

    with Batcher(answer, batch_samples=1000, window=0) as batcher:
        yield batcher, batches, release
        release.set()


def test_what_comes_while_the_model_works_is_answered_together(held):
    batcher, batches, release = held
    answers = [batcher.submit(job(samples)) for samples in (7, 100, 120, 110)]
    release.set()
    assert [answer.result(30) for answer in answers] == [7, 100, 120, 110]
    assert batches in ([[7], [100, 110, 120]], [[7, 100, 110, 120]])


def test_one_faulty_job_fails_alone(held):
    batcher, batches, release = held
    first = batcher.submit(job(1))
    answers = [batcher.submit(job(samples, "faulty")) for samples in (12, 13, 14)]
    release.set()
    assert first.result(30) == 1 and answers[0].result(30) == 12 and answers[2].result(30) == 14
    with pytest.raises(RuntimeError, match="13 samples"):
        answers[1].result(30)
    assert batches[1:] == [[12, 13, 14], [12], [13], [14]] and batcher.is_alive


def test_a_cancelled_job_is_not_answered(held):
    batcher, batches, release = held
    first, second, third = (batcher.submit(job(samples, str(samples))) for samples in (1, 2, 3))
    assert second.cancel()
    release.set()
    assert first.result(30) == 1 and third.result(30) == 3
    assert [2] not in batches


def test_at_the_end_what_waits_is_answered():
    with Batcher(lambda waveforms, asked: [asked] * len(waveforms)) as batcher:
        answers = [batcher.submit(job(10, str(number))) for number in range(5)]
    assert [answer.result(0) for answer in answers] == list("01234") and not batcher.is_alive


def test_nobody_waits_for_a_thread_that_has_ended(held):
    batcher, _, release = held
    answers = [batcher.submit(job(samples, asked)) for samples, asked in ((1, "a"), (2, "end"), (3, "b"))]
    release.set()
    assert answers[0].result(30) == 1
    for answer in answers[1:]:
        with pytest.raises(Refused, match="the thread that answers has ended"):
            answer.result(30)
    assert not batcher.is_alive
    with pytest.raises(Refused, match="the thread that answers has ended"):
        batcher.submit(job(4))
