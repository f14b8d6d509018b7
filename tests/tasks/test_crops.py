"""Batches of random crops of one length."""

import numpy as np
import pytest
import torch
from espnet2.train.collate_fn import CommonCollateFn

from c2ser.tasks.crops import CroppedIterFactory, Crops

LENGTHS = {"a": 900, "b": 500, "c": 731}


class Ramps:
    """Waveforms that count their samples, so that a crop tells where it starts."""

    def __getitem__(self, utt: str) -> tuple[str, dict[str, np.ndarray]]:
        return utt, {"speech": np.arange(LENGTHS[utt], dtype=np.float32), "emotion": np.array([3])}


def crops(longest: int, epoch: int = 1, seed: int = 0) -> list[np.ndarray]:
    batch = [Ramps()[utt] for utt in LENGTHS]
    return [data["speech"] for _, data in Crops(list, longest, seed=seed, epoch=epoch)(batch)]


@pytest.mark.parametrize("longest, length", [(320000, 500), (500, 500), (499, 499), (120, 120)])
def test_all_are_as_long_as_the_shortest_or_as_allowed(longest, length):
    assert [len(crop) for crop in crops(longest)] == [length] * 3
    for crop, whole in zip(crops(longest), LENGTHS.values()):
        assert (np.diff(crop) == 1).all() and 0 <= crop[0] and crop[-1] < whole


def test_starts_are_anywhere_and_the_same_for_a_seed_an_epoch_and_a_batch():
    starts = np.array([[crop[0] for crop in crops(499, epoch)] for epoch in range(4000)])
    assert (starts.min(0) == 0).all() and (starts.max(0) == [401, 1, 232]).all()
    np.testing.assert_allclose(starts.mean(0), [200.5, 0.5, 116], rtol=0.05)
    assert all((a == b).all() for a, b in zip(crops(300), crops(300)))
    assert any((a != b).any() for a, b in zip(crops(300), crops(300, seed=1)))


def test_loaders_differ_between_epochs_and_not_by_their_number_of_processes():
    epochs = []
    for workers, epoch in ((0, 1), (2, 1), (0, 2)):
        collate = Crops(CommonCollateFn(), 200, seed=0)
        factory = CroppedIterFactory(Ramps(), [["a", "b"], ["c"]], collate_fn=collate, num_workers=workers)
        epochs.append([batch["speech"] for _, batch in factory.build_iter(epoch)])
    assert [tuple(batch.shape) for batch in epochs[0]] == [(2, 200), (1, 200)]
    same, other = epochs[1:]
    assert all(torch.equal(a, b) for a, b in zip(epochs[0], same))
    assert any(not torch.equal(a, b) for a, b in zip(epochs[0], other))
