"""Batches in which corpora have given shares, however many utterances each of them has.

Utterances come in rounds: sets of utterances in which corpora have their shares and no utterance comes twice. Batches
of similar length are made of each round, so that no batch has copies of an utterance of a small corpus, and are put
into an order in which corpora have their shares all along.
"""

import argparse
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from espnet2.samplers.abs_sampler import AbsSampler
from espnet2.utils.nested_dict_action import NestedDictAction
from espnet2.utils.types import float_or_none, str_or_none

from c2ser.data.tables import read_table
from c2ser.errors import InputError
from c2ser.tasks.batches import length_steps
from c2ser.tasks.padded_batches import Size, pack

logger = logging.getLogger(__name__)

LOOKAHEAD = 64  # batches among which the next one is chosen
LENGTH_STEP = 1.25  # of batches that are filled to limits: wide, so that corpora meet in a batch

MakeBatches = Callable[[Sequence[str], int], list[list[str]]]  # utterances, seed -> batches of all processes


def add_mix_arguments(group) -> None:
    """Adds the options of a training that mixes corpora.

    Args:
        group: of an argument parser.
    """
    group.add_argument(
        "--corpus_weights",
        action=NestedDictAction,
        default={},
        help="of each corpus of train_utt2corpus: its share of the utterances of an epoch, relative to those of the "
        "others; by default each utterance comes once",
    )
    group.add_argument(
        "--corpus_temperature",
        type=float_or_none,
        help="instead of weights: shares are as the numbers of utterances to the power of 1 / temperature, so 1 is by "
        "size, and the higher the temperature the more equal the shares",
    )
    group.add_argument("--train_utt2corpus", type=str_or_none, help="the corpus of each training utterance")


def mixes_corpora(args: argparse.Namespace) -> bool:
    """Tells whether a training has options of `add_mix_arguments`."""
    return bool(args.corpus_weights) or args.corpus_temperature is not None


def corpus_shares(
    sizes: Mapping[str, int], *, weights: Mapping[str, float] | None = None, temperature: float | None = None
) -> dict[str, float]:
    """Computes what share of the utterances each corpus is to have.

    Args:
        sizes: corpus -> number of its utterances.
        weights: corpus -> its share relative to the others'; of all corpora.
        temperature: instead of weights, see `add_mix_arguments`.

    Returns:
        Shares that sum to one, in the order of ``sizes``.

    Raises:
        InputError: weights and temperature are given, a corpus has no weight, or a value is not above 0.

    References:
        Devlin et al.: multilingual BERT, which smooths the sizes of languages by such an exponent.

    Example:
        >>> corpus_shares({"esd": 35000, "urdu": 350}, temperature=2)
        {'esd': 0.9090909090909091, 'urdu': 0.09090909090909091}
    """
    if weights and temperature is not None:
        raise InputError("corpus_weights and corpus_temperature: give one of them")
    if temperature is not None:
        if not temperature > 0:
            raise InputError(f"corpus_temperature: {temperature} is not above 0")
        weights = {corpus: size ** (1 / temperature) for corpus, size in sizes.items()}
    weights = weights or {}
    if sorted(weights) != sorted(sizes):
        raise InputError(
            f"corpus_weights: of {', '.join(sorted(weights))}; the training set has {', '.join(sorted(sizes))}"
        )
    for corpus, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf"):
            raise InputError(f"corpus_weights: {corpus}: {weight} is not a number above 0")
    total = sum(weights.values())
    return {corpus: weights[corpus] / total for corpus in sizes}


class MixedBatchSampler(AbsSampler):
    """Draws batches in which corpora have given shares; an epoch has as many utterances as the corpora together.

    Which they are depends on the seed alone, so that a training that was interrupted goes on with the same batches. Of
    a corpus all utterances come equally often in an epoch, give or take one; which come more often is drawn anew.

    Args:
        corpora: utterance -> corpus.
        shares: corpus -> share of the utterances.
        make_batches: makes batches of similar length of different utterances, each with at least one per process; the
            second argument is the seed of what it draws.
        rank: of this process; its share is every ``world_size``-th utterance of each batch.
        world_size: number of processes.

    Raises:
        InputError: a corpus is too small for its share of what all processes need at once.

    Example:
        >>> corpora, shares = {"a1": "a", "a2": "a", "a3": "a", "b1": "b"}, {"a": 0.5, "b": 0.5}
        >>> sampler = MixedBatchSampler(corpora, shares, make_batches=lambda utts, seed: [list(utts)])
        >>> [[utt[0] for utt in batch] for batch in sampler.generate(1)]
        [['a', 'b'], ['a', 'b']]
    """

    def __init__(
        self,
        corpora: Mapping[str, str],
        shares: Mapping[str, float],
        *,
        make_batches: MakeBatches,
        rank: int = 0,
        world_size: int = 1,
    ):
        self.numbers = {corpus: number for number, corpus in enumerate(shares)}
        self.corpus = {utt: self.numbers[corpus] for utt, corpus in corpora.items()}
        self.shares = np.array(list(shares.values()))
        self.members = [[utt for utt, corpus in corpora.items() if corpus == name] for name in shares]
        self.make_batches = make_batches
        self.share = slice(rank, None, world_size)
        # The largest set of different utterances in which corpora have their shares.
        self.round = min(len(members) / share for members, share in zip(self.members, self.shares))
        if self.round < max(world_size, len(shares)):
            smallest = min(shares, key=lambda name: len(self.members[self.numbers[name]]) / shares[name])
            raise InputError(
                f"corpus_weights: {smallest} has too few utterances for {shares[smallest]:.1%} of a batch of different "
                "ones; lower its weight"
            )
        self.length = self._num_batches()

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[list[str]]:
        return iter(self.generate(0))

    def generate(self, seed: int) -> list[list[str]]:
        """Returns the batches of an epoch, as far as they are this process's."""
        return [batch[self.share] for batch in islice(self._batches(seed), self.length)]

    def _num_batches(self) -> int:
        utterances = number = 0
        for batch in self._batches(0):
            utterances += len(batch)
            number += 1
            if utterances >= len(self.corpus):
                return number
        raise AssertionError  # there is always another round

    def _batches(self, seed: int) -> Iterator[list[str]]:
        """Yields batches without end, so that corpora have their shares of those until any of them."""
        rng = np.random.default_rng(seed)
        drawn = np.zeros(len(self.shares))
        for utterances in self._rounds(rng):
            batches = self.make_batches(utterances, int(rng.integers(2**31)))
            counts = [np.bincount([self.corpus[utt] for utt in utts], minlength=len(drawn)) for utts in batches]
            left = rng.permutation(len(batches)).tolist()
            while left:
                after = drawn + [counts[place] for place in left[:LOOKAHEAD]]
                off = np.abs(after - self.shares * after.sum(1, keepdims=True)).max(1)
                drawn = after[off.argmin()]
                yield batches[left.pop(off.argmin())]

    def _rounds(self, rng: np.random.Generator) -> Iterator[list[str]]:
        """Yields sets of utterances without end; of a corpus those first that have waited longest."""
        waiting: list[list[str]] = [[] for _ in self.members]
        done = 0
        while True:
            utterances = []
            for number, (members, share) in enumerate(zip(self.members, self.shares)):
                count = min(int((done + 1) * share * self.round) - int(done * share * self.round), len(members))
                if len(waiting[number]) < count:
                    waiting[number] += _after(waiting[number], members, rng)
                utterances += waiting[number][:count]
                del waiting[number][:count]
            yield utterances
            done += 1


def _after(waiting: Sequence[str], members: Sequence[str], rng: np.random.Generator) -> list[str]:
    """All utterances of a corpus in a random order, those that wait already behind the others."""
    already = set(waiting)
    order = [members[place] for place in rng.permutation(len(members))]
    return sorted(order, key=already.__contains__)


def padded_batches(sizes: Mapping[str, Size], limits: Size, *, world_size: int = 1) -> MakeBatches:
    """Returns what makes batches that are filled to limits, of utterances of similar length in a random order.

    Args:
        sizes: utterance -> its sizes, of which the first is its length.
        limits, world_size: as `c2ser.tasks.padded_batches.PaddedBatchSampler`.

    Example:
        >>> sizes = {"a": (90,), "b": (30,), "c": (31,)}
        >>> sorted(map(sorted, padded_batches(sizes, (90,))(["a", "b", "c"], 0)))
        [['a'], ['b', 'c']]
    """

    def make_batches(utterances: Sequence[str], seed: int) -> list[list[str]]:
        steps = length_steps([sizes[utt][0] for utt in utterances], LENGTH_STEP)
        order = np.lexsort((np.random.default_rng(seed).random(len(utterances)), -steps))
        return pack([utterances[place] for place in order], sizes, limits=limits, world_size=world_size)

    return make_batches


def mixed_sampler(
    args: argparse.Namespace, utterances: Sequence[str], *, make_batches: MakeBatches, rank: int, world_size: int
) -> MixedBatchSampler:
    """Returns the sampler of a training with options of `add_mix_arguments`, and logs what it draws.

    Args:
        args: of the training.
        utterances: those that are trained on.
        make_batches, rank, world_size: as `MixedBatchSampler`.

    Raises:
        InputError: as `corpus_shares` and `MixedBatchSampler`, or an utterance's corpus is not known.
    """
    if args.train_utt2corpus is None:
        raise InputError("corpus_weights, corpus_temperature: give train_utt2corpus, the corpus of each utterance")
    table = read_table(args.train_utt2corpus)
    if lacking := next((utt for utt in utterances if utt not in table), None):
        raise InputError(f"{args.train_utt2corpus}: '{lacking}' has no line; add its corpus")
    corpora = {utt: table[utt] for utt in utterances}
    sizes = dict(sorted(Counter(corpora.values()).items()))
    shares = corpus_shares(sizes, weights=args.corpus_weights, temperature=args.corpus_temperature)
    sampler = MixedBatchSampler(corpora, shares, make_batches=make_batches, rank=rank, world_size=world_size)
    for corpus, share in shares.items():
        what = f"{100 * share:.1f} % of the utterances, each of {sizes[corpus]}"
        logger.info("[train] %s: %s %.2f times", corpus, what, share * len(corpora) / sizes[corpus])
    logger.info("[train] %d batches until as many utterances as the corpora have together are drawn", len(sampler))
    return sampler
