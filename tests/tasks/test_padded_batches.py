"""Batches that fit in samples and in positions."""

import numpy as np
import pytest

from c2ser.errors import InputError
from c2ser.tasks.padded_batches import PaddedBatchSampler

LIMITS = (8 * 624_000, 8 * 1900)  # of the paper's configuration


def corpus(utterances: int, seed: int = 0) -> dict[str, tuple[int, int]]:
    """Lengths as in the wild, up to 29 s, and positions that go with them."""
    rng = np.random.default_rng(seed)
    samples = np.clip(rng.lognormal(np.log(5 * 16000), 0.7, utterances), 4000, 29 * 16000).astype(int)
    positions = samples // 1280 + rng.integers(30, 200, utterances)
    return {f"utt{i:05d}": sizes for i, sizes in enumerate(zip(samples.tolist(), positions.tolist(), strict=True))}


def padded(batch: list[str], sizes: dict, place: int) -> int:
    return len(batch) * max(sizes[utt][place] for utt in batch)


@pytest.mark.parametrize("world_size", [1, 3, 8])
def test_no_process_gets_more_than_its_share_and_none_goes_without(world_size):
    sizes = corpus(3000)
    shares = [list(PaddedBatchSampler(sizes, LIMITS, rank=rank, world_size=world_size)) for rank in range(world_size)]
    assert len({len(batches) for batches in shares}) == 1 and all(batch for batches in shares for batch in batches)
    assert sorted(utt for batches in shares for batch in batches for utt in batch) == sorted(sizes)
    for batches in shares:
        for batch in batches:
            for place, limit in enumerate(LIMITS):
                assert padded(batch, sizes, place) <= limit / world_size


def test_batches_are_full_and_of_similar_lengths():
    sizes = corpus(3000)
    batches = list(PaddedBatchSampler(sizes, LIMITS))
    for batch, after in zip(batches, batches[1:], strict=False):
        more = [*batch, after[0]]
        assert any(padded(more, sizes, place) > limit for place, limit in enumerate(LIMITS))
        assert min(sizes[utt] for utt in batch) >= max(sizes[utt] for utt in after)
    filled = np.mean([sum(sizes[utt][0] for utt in batch) / padded(batch, sizes, 0) for batch in batches])
    assert filled > 0.95


def test_both_limits_bind():
    wide, narrow = ({f"u{i}": size for i in range(20)} for size in ((10, 1), (1, 10)))
    assert [len(list(PaddedBatchSampler(sizes, (50, 50)))) for sizes in (wide, narrow)] == [4, 4]
    assert len(list(PaddedBatchSampler(wide, (200, 50)))) == 1


def test_an_utterance_beyond_the_limits_is_a_batch_of_its_own():
    assert list(PaddedBatchSampler({"a": (9,), "b": (3,), "c": (3,)}, (6,))) == [["a"], ["c", "b"]]
    sizes = {"a": (9,), "b": (3,), "c": (3,), "d": (3,)}
    assert list(PaddedBatchSampler(sizes, (4,), world_size=2)) == [["a"], ["c"]]  # two at a time, one of each process


def test_too_few_for_all_processes_go_with_the_batch_before():
    sizes = {f"u{i}": (10 - i,) for i in range(7)}
    shares = [list(PaddedBatchSampler(sizes, (20,), rank=rank, world_size=2)) for rank in range(2)]
    assert [[len(batch) for batch in batches] for batches in shares] == [[1, 1, 2], [1, 1, 1]]


def test_fewer_utterances_than_processes_are_refused():
    with pytest.raises(InputError, match="2 utterances cannot be shared by 3 processes"):
        PaddedBatchSampler({"a": (1,), "b": (1,)}, (9,), world_size=3)


def test_batches_are_the_same_in_each_epoch_and_process():
    sizes = corpus(200)
    sampler = PaddedBatchSampler(sizes, LIMITS)
    assert sampler.generate(1) == sampler.generate(2) == list(PaddedBatchSampler(dict(reversed(sizes.items())), LIMITS))
    sampler.generate(1).pop()
    assert len(sampler.generate(1)) == len(sampler)
