"""Batches of utterances of similar length, for inference, and their loading while the one before is worked on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Loaded = TypeVar("Loaded")


def length_batches(lengths: Mapping[str, int], batch_samples: int) -> Iterator[list[str]]:
    """Yields batches of utterances, longest first, so that a batch too large for memory fails at once.

    Args:
        lengths: samples of each utterance.
        batch_samples: what a batch may hold, padding counted; a longer utterance is a batch of its own.
    """
    batch: list[str] = []
    for utt in sorted(lengths, key=lambda utt: (-lengths[utt], utt)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > batch_samples:
            yield batch
            batch = []
        batch.append(utt)
    if batch:
        yield batch


def load_ahead(load: Callable[[Item], Loaded], items: Iterable[Item]) -> Iterator[Loaded]:
    """Yields ``load(item)`` of each item, in order, while a thread loads the one after.

    No more than three are in memory: the one in use, the next one, and for a moment the one after that. An error of
    ``load`` is raised where its item's turn comes.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        ahead = None
        for item in items:
            ahead, ready = thread.submit(load, item), ahead
            if ready is not None:
                yield ready.result()
        if ahead is not None:
            yield ahead.result()
