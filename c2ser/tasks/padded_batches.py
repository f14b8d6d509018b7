"""Batches of similar length that fit, padding included, in samples and in positions of the language model."""

from collections.abc import Iterable, Iterator, Mapping

from espnet2.samplers.abs_sampler import AbsSampler

from c2ser.tasks.processes import check_utterances

Size = tuple[int, ...]


class PaddedBatchSampler(AbsSampler):
    """Batches of which no process gets more than its share of several limits, counting each utterance as the longest.

    ESPnet's batches by number of elements have one limit, which their last utterance may exceed, for all processes
    together.

    Args:
        sizes: utterance -> its sizes, such as samples and positions.
        limits: the most of each size in a batch over all processes. A batch has at least one utterance per process,
            however long.
        rank: of this process; its share is every ``world_size``-th utterance of each batch.
        world_size: number of processes.

    Raises:
        InputError: there are fewer utterances than processes.

    Example:
        >>> list(PaddedBatchSampler({"a": (9,), "b": (3,), "c": (3,)}, (9,)))
        [['a'], ['c', 'b']]
    """

    def __init__(self, sizes: Mapping[str, Size], limits: Size, *, rank: int = 0, world_size: int = 1):
        check_utterances(len(sizes), world_size)
        longest_first = sorted(sizes, key=lambda utt: (sizes[utt], utt), reverse=True)
        batches = pack(longest_first, sizes, limits=limits, world_size=world_size)
        self.batches = [batch[rank::world_size] for batch in batches]

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[str]]:
        return iter(self.batches)

    def generate(self, seed: int) -> list[list[str]]:
        """Returns the batches of an epoch, which are always the same; the iterator shuffles them."""
        return list(self.batches)


def pack(utterances: Iterable[str], sizes: Mapping[str, Size], *, limits: Size, world_size: int = 1) -> list[list[str]]:
    """Fills batches one after the other, each to the limits.

    Args:
        utterances: at least one per process, those of similar sizes side by side.
        sizes, limits, world_size: as `PaddedBatchSampler`.

    Returns:
        The batches of all processes together.

    Example:
        >>> pack(["a", "b", "c"], {"a": (9,), "b": (3,), "c": (3,)}, limits=(9,))
        [['a'], ['b', 'c']]
    """
    batches: list[list[str]] = [[]]
    longest: Size = ()
    for utt in utterances:
        batch = batches[-1]
        largest_share = -(-(len(batch) + 1) // world_size)
        longest = tuple(map(max, longest or sizes[utt], sizes[utt]))
        fits = all(size * largest_share * world_size <= limit for size, limit in zip(longest, limits, strict=True))
        if len(batch) >= world_size and not fits:
            batches.append([utt])
            longest = sizes[utt]
        else:
            batch.append(utt)
    if len(batches) > 1 and len(batches[-1]) < world_size:  # too few for all processes; the shortest there are
        rest = batches.pop()
        batches[-1] += rest
    return batches
