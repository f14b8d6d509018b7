"""Recordings in blocks have the samples that they have as a whole."""

import numpy as np
import pytest

from c2ser.data.blocks import checked_blocks, resampled_blocks
from c2ser.data.resample import resample
from c2ser.errors import InputError


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 15999])
def test_blocks_are_resampled_as_the_whole_is(rate):
    rng = np.random.default_rng(rate)
    whole = rng.normal(scale=0.1, size=60001).astype(np.float32)
    blocks = np.split(whole, np.sort(rng.integers(0, len(whole), 9)))
    parts = list(resampled_blocks(blocks, rate))
    np.testing.assert_allclose(np.concatenate(parts), resample(whole, rate), atol=1e-6)
    assert len(parts) > 2


def test_no_more_than_the_blocks_around_a_place_are_needed():
    taken = []

    def blocks():
        for number in range(50):
            taken.append(number)
            yield np.zeros(4410, np.float32)

    first = next(resampled_blocks(blocks(), 44100))
    assert 0 < len(first) < 1700 and taken == [0]


def test_blocks_are_checked_as_a_whole_is():
    fine = np.array([0.5, -1.5], np.float32)
    assert np.concatenate(list(checked_blocks([fine, fine], 4, name="a.wav"))).tolist() == [0.5, -1, 0.5, -1]
    for blocks, stated, message in (
        ([fine, np.array([np.nan])], None, "NaN or infinite"),
        ([fine, 1000 * fine], None, "full scale is 1"),
        ([fine], 3, "truncated: 2 of 3 samples are there"),
        ([], None, "0 samples"),
    ):
        with pytest.raises(InputError, match=f"^a.wav: .*{message}"):
            list(checked_blocks(blocks, stated, name="a.wav"))
