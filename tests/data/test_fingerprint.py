"""Fingerprints: the same for the same content, another for another."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from c2ser.data.fingerprint import files_fingerprint, fingerprint


@dataclass
class Sizes:
    width: int
    layers: tuple[int, ...]


CONTENTS = [
    (),
    (None,),
    ("",),
    (1,),
    ("1",),
    (1.5,),
    ("a", "b"),
    ("ab",),
    (("a", "b"),),
    ({"a": 1, "b": 2},),
    ({1, 2},),
    (Sizes(3, (1, 2)),),
    ("böse \udcff",),
]


def test_contents_have_names_of_their_own():
    names = [fingerprint(*parts) for parts in CONTENTS]
    assert len(set(names)) == len(names) and {len(name) for name in names} == {32}
    assert names == [fingerprint(*parts) for parts in CONTENTS]


def test_order_counts_only_where_it_is_part_of_the_content():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({3, 1, 2}) == fingerprint({2, 3, 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])
    assert fingerprint(Sizes(3, (1, 2))) != fingerprint(Sizes(3, (2, 1)))


def test_a_name_that_is_stored_stays_the_same():
    assert fingerprint("praat", 16000, None) == "9adfb38d1db159f3860722edb9d6119c"


def test_what_has_no_content_is_refused():
    with pytest.raises(TypeError, match="a object cannot be part"):
        fingerprint(object())


def test_files_count_by_content(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("x")
    other.write_text("x")
    assert files_fingerprint([one]) == files_fingerprint([str(other)]) != files_fingerprint([one, other])
    other.write_text("y")
    assert files_fingerprint([one]) != files_fingerprint([Path(other)])
