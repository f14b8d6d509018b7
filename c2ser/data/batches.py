"""Batches of utterances of similar length, for inference."""

from collections.abc import Iterator, Mapping


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
