"""Batches of random crops of one length, as in fairseq's audio pre-training, instead of padded utterances."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from espnet2.iterators.sequence_iter_factory import SequenceIterFactory
from torch.utils.data import DataLoader

Batch = Sequence[tuple[str, dict[str, np.ndarray]]]


@dataclass
class Crops:
    """Crops the waveforms of a batch to the length of the shortest, each from a random start, before they are collated.

    Starts depend on seed, epoch and the batch's utterances only, so that they are the same in any number of processes
    that load data and in a training that was interrupted. Unlike in fairseq, waveforms are normalised as crops.

    Args:
        collate: turns utterances and their data into a batch.
        longest: maximum length of a crop, in samples.
        seed: of the training.
        epoch: whose batches are loaded.

    Example:
        >>> batch = [("a", {"speech": np.arange(9)}), ("b", {"speech": np.arange(4)})]
        >>> [len(data["speech"]) for _, data in Crops(list, longest=5, seed=0)(batch)]
        [4, 4]
    """

    collate: Callable[[Batch], object]
    longest: int
    seed: int
    epoch: int = 0

    def __call__(self, batch: Batch) -> object:
        length = min(self.longest, *(len(data["speech"]) for _, data in batch))
        names = "\n".join(utt for utt, _ in batch)
        rng = np.random.default_rng((self.seed, self.epoch, zlib.crc32(names.encode())))
        starts = rng.integers([len(data["speech"]) - length for _, data in batch], endpoint=True)
        cropped = (data["speech"][start : start + length] for (_, data), start in zip(batch, starts, strict=True))
        return self.collate([(utt, {**data, "speech": crop}) for (utt, data), crop in zip(batch, cropped, strict=True)])


class CroppedIterFactory(SequenceIterFactory):
    """ESPnet's factory, which says to `Crops` the epoch that it builds an iterator of."""

    def build_iter(self, epoch: int, shuffle: bool | None = None) -> DataLoader:
        """Returns the batches of an epoch; see ESPnet."""
        self.collate_fn.epoch = epoch
        return super().build_iter(epoch, shuffle)
