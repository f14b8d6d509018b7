"""Speakers of a set: who is unknown, and how many it takes to divide a set by them."""

import pytest

from c2ser.data.speakers import describe_unknown_speakers, speakers_to_divide_by
from c2ser.data.tables import write_table
from c2ser.errors import InputError


def test_the_id_of_the_utterance_stands_for_an_unknown_speaker():
    assert describe_unknown_speakers([("a-1", "a"), ("b-1", "b")]) is None
    assert describe_unknown_speakers([("a-1", "a"), ("x", "x"), ("y", "y")]) == "speakers of 2 of 3 utterances unknown"
    assert describe_unknown_speakers([("x", "x"), ("y", "y")]) == "speakers unknown"


def test_a_set_is_not_divided_by_speakers_that_are_unknown_or_too_few(tmp_path):
    path = tmp_path / "utt2spk"
    table = {f"{speaker}-{number}": speaker for speaker in "abc" for number in range(2)}
    write_table(path, table)
    assert speakers_to_divide_by(path) == table
    write_table(path, table | {"b-2": "b-2"})
    with pytest.raises(InputError, match=r"utt2spk:5: speakers unknown \('b-2' stands for its own speaker\)"):
        speakers_to_divide_by(path)
    write_table(path, {"a-1": "a", "a-2": "a", "b-1": "b"})
    with pytest.raises(
        InputError, match=r"utt2spk:3: 2 speakers \('a' from line 1, 'b' from line 3\); .* takes 3 or mo"
    ):
        speakers_to_divide_by(path)
    assert len(speakers_to_divide_by(path, least=2)) == 3
    write_table(path, {"a-1": "a", "a-2": "a"})
    with pytest.raises(InputError, match=r"utt2spk:1: 1 speakers \('a' from line 1\)"):
        speakers_to_divide_by(path)
