"""Recordings of any length, read and resampled in blocks."""

from collections.abc import Iterable, Iterator

import numpy as np

from c2ser.data.decode import check_count
from c2ser.data.full_scale import FULL_SCALE, check_full_scale
from c2ser.data.resample import filter_reach, resample, resample_ratio


def resampled_blocks(blocks: Iterable[np.ndarray], sample_rate: int) -> Iterator[np.ndarray]:
    """Resamples a recording to 16 kHz block by block, to the samples that `resample` gives of the whole.

    Each block is filtered with as much of its neighbours as the filter reaches.

    Args:
        blocks: consecutive parts (N,) of the recording, float32, of any lengths.
        sample_rate: in Hz.

    Example:
        >>> parts = resampled_blocks([np.zeros(30000, np.float32)] * 3, 44100)
        >>> sum(map(len, parts)) == len(resample(np.zeros(90000, np.float32), 44100))
        True
    """
    up, down = resample_ratio(sample_rate)
    if up == down:
        yield from blocks
        return
    context = -(-filter_reach(sample_rate) // down) * down  # samples; places are multiples of `down`, as outputs are
    held, start, done = np.zeros(0, np.float32), 0, 0  # `held` begins at `start`; outputs are out up to `done`
    for block in blocks:
        held = np.concatenate([held, block])
        ready = (start + len(held) - context) // down * down
        if ready > done:
            output = resample(held, sample_rate)
            yield output[(done - start) // down * up : (ready - start) // down * up]
            done = ready
            kept = max(0, done - context)
            held, start = held[kept - start :], kept
    rest = resample(held, sample_rate)[(done - start) // down * up :] if len(held) else held
    if len(rest):
        yield rest


def checked_blocks(blocks: Iterable[np.ndarray], stated: int | None, *, name: str) -> Iterator[np.ndarray]:
    """Yields blocks whose values are clipped to full scale, as `assemble` does with the whole.

    Args:
        blocks: of a recording.
        stated: number of samples of its header; None where it does not state it.
        name: of the recording, for errors.

    Raises:
        InputError: a block's values are not finite or far beyond full scale; at the end, where samples are missing.

    Example:
        >>> [block.tolist() for block in checked_blocks([np.array([0.5, 1.5])], None, name="a.wav")]
        [[0.5, 1.0]]
    """
    total = 0
    for block in blocks:
        total += len(block)
        within = check_full_scale(block, name) <= FULL_SCALE
        yield block if within else np.clip(block, -FULL_SCALE, FULL_SCALE)
    check_count(total, stated, name=name)
