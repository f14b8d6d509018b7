"""Sorting on disk gives what sorting in memory gives."""

import random

import pytest

from c2ser.data.external_sort import sort_lines


@pytest.mark.parametrize("lines_in_memory", [1, 2, 7, 100, 1000])
@pytest.mark.parametrize("number", [0, 1, 7, 100])
def test_sorted_as_in_memory(number, lines_in_memory):
    rng = random.Random(number)
    lines = ["".join(rng.choices("aé中𝄞 !\t\u2028\x85", k=rng.randint(0, 5))) for _ in range(number)]
    assert list(sort_lines(iter(lines), lines_in_memory)) == sorted(lines)
    assert list(sort_lines(sorted(lines), lines_in_memory)) == sorted(lines)


def test_the_order_is_that_of_bytes():
    lines = ["𝄞", "\uffee", "z", "é"]
    assert list(sort_lines(lines, 2)) == sorted(lines, key=str.encode)
