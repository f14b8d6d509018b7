"""Batches of utterances of similar length, for inference, and their loading while the one before is worked on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from c2ser.data.utterance_audio import UtteranceAudio

READ_AHEAD = 8  # batches of parts of recordings among which utterances are sorted by length

Item = TypeVar("Item")
Loaded = TypeVar("Loaded")


def audio_batches(audio: UtteranceAudio, batch_samples: int, *, equal_lengths: bool = False) -> Iterator[list[str]]:
    """Yields batches of utterances that can be used, of similar length.

    Files are sorted by length, longest first, so that a batch too large for memory fails immediately. Parts of
    recordings are sorted only among those that stand together, so that each recording is read once.

    Args:
        audio: the utterances.
        batch_samples: samples of a batch at 16 kHz, padding included; a longer utterance is a batch of its own.
        equal_lengths: only utterances of the same length go together, for models that padding changes.

    Raises:
        InputError: as `UtteranceAudio.num_samples`.

    Example:
        >>> for batch in audio_batches(UtteranceAudio("dump/train"), 60 * 16000):  # doctest: +SKIP
        ...     print(len(batch))
    """
    lengths: dict[str, int] = {}
    total = 0
    for utt, entry in audio.entries.items():
        if (number := audio.num_samples(utt)) is None:
            continue
        lengths[utt] = number
        total += number
        if entry.end is not None and total >= READ_AHEAD * batch_samples:
            yield from length_batches(lengths, batch_samples, equal_lengths=equal_lengths)
            lengths, total = {}, 0
    yield from length_batches(lengths, batch_samples, equal_lengths=equal_lengths)


def length_batches(
    lengths: Mapping[Item, int], batch_samples: int, *, equal_lengths: bool = False
) -> Iterator[list[Item]]:
    """Yields batches of utterances, longest first.

    Args:
        lengths: utterance -> samples; the names can be sorted.
        batch_samples: what a batch may hold, padding included; a longer utterance is a batch of its own.
        equal_lengths: only utterances of the same length go together.

    Example:
        >>> list(length_batches({"a": 100, "b": 300, "c": 200}, 400))
        [['b'], ['c', 'a']]
    """
    batch: list[Item] = []
    for utt in sorted(lengths, key=lambda utt: (-lengths[utt], utt)):
        full = batch and (len(batch) + 1) * lengths[batch[0]] > batch_samples
        if full or batch and equal_lengths and lengths[utt] != lengths[batch[0]]:
            yield batch
            batch = []
        batch.append(utt)
    if batch:
        yield batch


def consecutive(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yields lists of items that follow each other, all of one size but the last.

    Example:
        >>> list(consecutive("abcde", 2))
        [['a', 'b'], ['c', 'd'], ['e']]
    """
    iterator = iter(items)
    return iter(lambda: list(islice(iterator, size)), [])


def prefetch(load: Callable[[Item], Loaded], items: Iterable[Item]) -> Iterator[Loaded]:
    """Yields ``load(item)`` of each item, in order, while a thread takes and loads the next one.

    No more than three are in memory, the third only for a moment. An error is raised where its item's turn comes.

    Example:
        >>> list(prefetch(str, [1, 2]))
        ['1', '2']
    """
    iterator = iter(items)

    def load_next() -> list[Loaded]:
        return [load(item) for item in islice(iterator, 1)]

    with ThreadPoolExecutor(max_workers=1) as thread:
        ahead = thread.submit(load_next)
        while loaded := ahead.result():
            ahead = thread.submit(load_next)
            yield loaded.pop()
