"""Utterances that are too long for an encoder are named before a training starts."""

import pytest

from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.tasks.lengths import check_lengths


def test_the_first_that_is_too_long_is_named(tmp_path):
    shapes = tmp_path / "utt2num_samples"
    write_table(shapes, {"a": 120 * 16000, "b": "1000,80"})
    check_lengths([shapes])
    write_table(shapes, {"a": 120 * 16000, "b": 1000, "c": 300 * 16000})
    with pytest.raises(
        InputError, match=r"utt2num_samples:3: 'c': 300 s long, and an utterance has at most 120 s"
    ) as error:
        check_lengths([shapes])
    assert "\n" not in str(error.value)
    write_table(shapes, {"a": "many"})
    with pytest.raises(InputError, match=r"utt2num_samples:1: 'a': 'many' is not a number of samples"):
        check_lengths([shapes])
