"""Processes of eSpeak NG."""

import os
from functools import partial

import pytest

from c2ser.errors import InputError
from c2ser.synthesis.espeak import map_in_fresh_processes, phonemes, speak


def die(code: int) -> int:
    if code:
        os._exit(code)
    return code


def test_a_process_that_dies_is_an_error_and_not_an_endless_wait():
    assert list(map_in_fresh_processes(die, [0, 0, 0], nj=2)) == [0, 0, 0]
    with pytest.raises(InputError, match="the process of 7 died with exit code 7"):
        list(map_in_fresh_processes(die, [0, 7, *[0] * 20], nj=2))
    with pytest.raises(ZeroDivisionError):
        list(map_in_fresh_processes(partial(divmod, 1), [1, 0], nj=1))


def test_bad_input_is_one_line():
    with pytest.raises(InputError, match="0 jobs"):
        list(map_in_fresh_processes(len, [[]], nj=0))
    with pytest.raises(InputError, match="no voice 'xx-none'"):
        speak("hello", "xx-none")
    with pytest.raises(InputError, match="no voice 'xx-none'"):
        phonemes("hello", "xx-none")


def test_each_tone_of_mandarin_is_a_phoneme_of_its_own_in_all_clauses():
    syllables = [symbol for tone in ("55", "35", "214", "51") for symbol in ("m", "A", tone)]
    assert phonemes("妈,麻,马,骂。", "cmn", tones=True) == syllables
    assert phonemes("No! Do, go.", "en-us") == ["n", "oʊ", "d", "uː", "ɡ", "oʊ"]
