"""Trainings from slow disks: arks are read in large blocks, and utterances are shuffled among those in memory.

In each pass over the data the blocks come in another order, in windows of as many as the shuffle buffer holds. Batches
are made of the utterances of a window, by the same rules as of a whole set, and come in a random order; a thread reads
the next window meanwhile. All depends on the seed alone, so that a training that was interrupted goes on with the same
batches.
"""

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial

import numpy as np
from espnet2.iterators.abs_iter_factory import AbsIterFactory
from espnet2.iterators.sequence_iter_factory import worker_init_fn
from espnet2.tasks.abs_task import IteratorOptions
from espnet2.train.dataset import ESPnetDataset
from torch.utils.data import DataLoader, Dataset

from c2ser.data.audio_blocks import BLOCK_BYTES, Block, ReadAhead, audio_blocks
from c2ser.errors import InputError
from c2ser.tasks.corpus_mix import MakeBatches, mixes_corpora
from c2ser.tasks.crops import Crops
from c2ser.tasks.datasets import AUDIO, AudioTable

logger = logging.getLogger(__name__)

MB = 1_000_000
LEAST_BLOCKS = 8  # of a window
Key = tuple[int, str]  # number of the window, utterance


class BlockShuffle:
    """The batches of passes over blocks.

    Args:
        blocks: of all utterances.
        make_batches: makes batches of similar length of different utterances, each with at least one per process; the
            second argument is the seed of what it draws.
        blocks_per_window: their number, at most.
        rank: of this process; its share is every ``world_size``-th utterance of each batch.
        world_size: number of processes.

    Example:
        >>> blocks = [Block("1.ark", {"a": 2, "b": 99}), Block("1.ark", {"c": 200, "d": 299})]
        >>> shuffle = BlockShuffle(blocks, make_batches=lambda utts, seed: [list(utts)], blocks_per_window=1)
        >>> windows, batches = shuffle.one_pass(seed=1)
        >>> sorted(batches[0][1]), len(windows)
        (['a', 'b'], 2)
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        *,
        make_batches: MakeBatches,
        blocks_per_window: int,
        rank: int = 0,
        world_size: int = 1,
    ):
        self.blocks = list(blocks)
        self.make_batches = make_batches
        self.share = slice(rank, None, world_size)
        self.num_windows = -(-len(self.blocks) // blocks_per_window)

    def one_pass(self, seed: int) -> tuple[list[list[Block]], list[tuple[int, list[str]]]]:
        """Returns the windows of a pass, and its batches: number of the window and this process's utterances."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.blocks))
        windows = [[self.blocks[place] for place in part] for part in np.array_split(order, self.num_windows)]
        batches = []
        for number, window in enumerate(windows):
            utterances = [utterance for block in window for utterance in block.offsets]
            made = self.make_batches(utterances, int(rng.integers(2**31)))
            batches += [(number, made[place][self.share]) for place in rng.permutation(len(made))]
        return windows, batches


class SequentialIterFactory(AbsIterFactory):
    """Gives ESPnet's trainer the batches of an epoch, and has the blocks read that they need.

    Args:
        dataset: utterance -> its data.
        audio: the table of audio among them.
        shuffle: the batches.
        seed: of the training.
        num_iters_per_epoch: batches of an epoch; None for a pass over the data. All passes then count as many batches
            as the first one: where one has more, the last are left out, where it has fewer, the last come again.
        num_workers: processes that read.
        collate_fn: turns utterances and their data into a batch.
        pin_memory: as `DataLoader` has it.
    """

    def __init__(
        self,
        dataset: Dataset,
        audio: AudioTable,
        *,
        shuffle: BlockShuffle,
        seed: int,
        num_iters_per_epoch: int | None,
        num_workers: int,
        collate_fn: Callable,
        pin_memory: bool,
    ):
        self.dataset, self.audio, self.shuffle = dataset, audio, shuffle
        self.seed, self.num_iters_per_epoch = seed, num_iters_per_epoch
        self.collate_fn = collate_fn
        self.options = {"num_workers": num_workers, "pin_memory": pin_memory}

    def build_iter(self, epoch: int, shuffle: bool | None = None) -> DataLoader:
        """Returns the batches of an epoch, from 1."""
        if isinstance(self.collate_fn, Crops):
            self.collate_fn.epoch = epoch
        windows, batches = self.batches(epoch)
        return DataLoader(
            Windowed(self.dataset, self.audio, windows=windows),
            batch_sampler=batches,
            collate_fn=self.collate_fn,
            worker_init_fn=partial(worker_init_fn, base_seed=epoch + self.seed),
            **self.options,
        )

    def batches(self, epoch: int) -> tuple[list[list[Block]], list[list[Key]]]:
        """Returns the windows of an epoch and its batches, whose keys have the number of the window."""
        number = self.num_iters_per_epoch
        if number is None:
            windows, batches = self.shuffle.one_pass(epoch + self.seed)
            return windows, [[(window, utt) for utt in batch] for window, batch in batches]
        length, windows, keys = self._pass_length, [], []
        while len(keys) < number:
            one, start = divmod(number * (epoch - 1) + len(keys), length)
            own_windows, batches = self.shuffle.one_pass(one + self.seed)
            batches = (batches + batches[len(batches) - length :] if len(batches) < length else batches)[:length]
            chosen = batches[start : start + number - len(keys)]
            keys += [[(len(windows) + window, utt) for utt in batch] for window, batch in chosen]
            windows += own_windows
        return windows, keys

    @cached_property
    def _pass_length(self) -> int:
        return len(self.shuffle.one_pass(self.seed)[1])


class Windowed(Dataset):
    """A data set whose audio comes from the window in memory.

    Args:
        dataset: utterance -> its data.
        audio: the table of audio among them.
        windows: the blocks of each window.
    """

    def __init__(self, dataset: Dataset, audio: AudioTable, *, windows: list[list[Block]]):
        self.dataset, self.audio = dataset, audio
        self.ahead = ReadAhead(windows)

    def __getitem__(self, key: Key):
        number, utterance = key
        self.audio.held = self.ahead.window(number)
        return self.dataset[utterance]


def add_sequential_argument(group) -> None:
    """Adds the option that `reads_sequentially` tells of.

    Args:
        group: of an argument parser.
    """
    group.add_argument(
        "--shuffle_buffer",
        type=float,
        default=0.0,
        help="MB of audio that are read from arks in large blocks and shuffled in memory, for slow disks; each process "
        "that reads holds twice as much. By default each utterance is read when its turn comes",
    )


def reads_sequentially(args: argparse.Namespace, mode: str) -> bool:
    """Tells whether the audio of a training set is read in large blocks.

    Args:
        args: of a training.
        mode: of ESPnet's iterator factories.

    Raises:
        InputError: ``shuffle_buffer`` is negative, or does not go with other options.
    """
    if args.shuffle_buffer < 0:
        raise InputError(f"shuffle_buffer: {args.shuffle_buffer} MB; give 0 for random access, or more")
    if mode != "train" or not args.shuffle_buffer:
        return False
    if args.batch_type != "numel":
        raise InputError(f"shuffle_buffer goes with batch_type numel, not {args.batch_type}; set it to 0")
    if hasattr(args, "corpus_weights") and mixes_corpora(args):
        raise InputError("shuffle_buffer: corpora that are mixed by weights are read at random; set it to 0")
    return True


def sequential_factory(
    args: argparse.Namespace,
    iter_options: IteratorOptions,
    *,
    dataset: ESPnetDataset,
    make_batches: MakeBatches,
    processes: Mapping[str, int],
    collate_fn: Callable | None = None,
) -> SequentialIterFactory:
    """Returns the factory of a training with ``shuffle_buffer``, and logs what is shuffled together.

    Args:
        args: of the training.
        iter_options: those of ESPnet.
        dataset: the utterances that are trained on.
        make_batches: see `BlockShuffle`.
        processes: ``rank`` and ``world_size``.
        collate_fn: turns utterances and their data into a batch; by default that of the options.

    Raises:
        InputError: an utterance is not in an ark, or no table is one of audio.
    """
    audio = next((table for table in dataset.loader_dict.values() if isinstance(table, AudioTable)), None)
    if audio is None:
        raise InputError(f"shuffle_buffer: none of the tables is of type '{AUDIO}'; give wav.scp that type")
    block_bytes = min(BLOCK_BYTES, args.shuffle_buffer * MB / LEAST_BLOCKS)
    blocks = audio_blocks(audio.places.items(), block_bytes=int(block_bytes))
    number = int(args.shuffle_buffer * MB / block_bytes)
    shuffle = BlockShuffle(blocks, make_batches=make_batches, blocks_per_window=number, **processes)
    what = (len(blocks), block_bytes / MB, shuffle.num_windows)
    logger.info("[train] %d blocks of %.1f MB of audio or less, shuffled in %d windows", *what)
    return SequentialIterFactory(
        dataset,
        audio,
        shuffle=shuffle,
        seed=args.seed,
        num_iters_per_epoch=iter_options.num_iters_per_epoch,
        num_workers=args.num_workers,
        collate_fn=collate_fn or iter_options.collate_fn,
        pin_memory=args.ngpu > 0,
    )
