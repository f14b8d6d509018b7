"""Values from YAML against annotations: what fits is converted, what does not is one line with its path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml

from c2ser.annotations import KeywordsOf, convert


@dataclass(frozen=True)
class Inner:
    heads: int = 4
    rate: float = 0.1

    def __post_init__(self):
        if self.heads % 2:
            raise ValueError(f"heads: {self.heads} is odd")


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    layers: tuple[tuple[int, int], ...] = ()


def function(size: int, *, mode: Literal["a", "b"] = "a", **_: object) -> None:
    """Takes keywords."""


@pytest.mark.parametrize(
    ("text", "annotation", "expected"),
    [
        ("4", int, 4),
        ("4.0", int, 4),
        ("4", float, 4),
        ("1.0e-3", float, 0.001),
        ("true", bool, True),
        ("x", str, "x"),
        ("x/y", Path, "x/y"),
        ("null", int | None, None),
        ("3", int | None, 3),
        ("[1, 2]", tuple[int, int], (1, 2)),
        ("[[1, 2], [3, 4]]", tuple[tuple[int, int], ...], ((1, 2), (3, 4))),
        ("[a]", Sequence[Literal["a", "b"]], ["a"]),
        ("{a: [1]}", dict[str, list[int]], {"a": [1]}),
        ("{a: 1}", Mapping[str, int], {"a": 1}),
        ("x", str | dict, "x"),
        ("{a: 1}", str | dict, {"a": 1}),
        ("[1, x]", Any, [1, "x"]),
        ("{heads: 2}", Inner, Inner(2)),
        ("{name: n, inner: {rate: 1}, layers: [[1, 2]]}", Outer, Outer("n", Inner(rate=1), ((1, 2),))),
        ("{size: 3, mode: b}", Annotated[dict, KeywordsOf(function)], {"size": 3, "mode": "b"}),
        ("{mode: b}", Annotated[dict, KeywordsOf(function, given=("size",))], {"mode": "b"}),
        ("{heads: 2, more: x}", Annotated[dict, KeywordsOf(Inner, unchecked=("more",))], {"heads": 2, "more": "x"}),
    ],
)
def test_what_fits_is_converted(text, annotation, expected):
    faults: list[str] = []
    assert convert(yaml.safe_load(text), annotation, name="x", faults=faults) == expected
    assert faults == []


@pytest.mark.parametrize(
    ("text", "annotation", "expected"),
    [
        ("'4'", int, ["x: expected a whole number, not the text '4'"]),
        ("4.5", int, ["x: expected a whole number, not 4.5"]),
        ("true", int, ["x: expected a whole number, not true"]),
        ("null", float, ["x: expected a number, not null"]),
        (
            "1e-3",
            float,
            ["x: expected a number, not the text '1e-3'; YAML's numbers with an exponent look like 1.0e-3"],
        ),
        ("1", bool, ["x: expected true or false, not 1"]),
        ("1", str, ["x: expected a text, not 1"]),
        ("[1]", int | None, ["x: expected a whole number, not the list [1]"]),
        ("[1]", str | int, ["x: expected a text or a whole number, not the list [1]"]),
        ("c", Literal["alpha", "beta"], ["x: unknown value 'c'; known are alpha, beta"]),
        ("beto", Literal["alpha", "beta"], ["x: unknown value 'beto'; did you mean beta?"]),
        ("[1]", tuple[int, int], ["x: expected 2 values, not 1"]),
        ("[[1, a], [b, 4]]", tuple[tuple[int, int], ...], 2),
        ("abc", Sequence[str], ["x: expected a list, not the text 'abc'"]),
        ("{a: [1, b]}", dict[str, list[int]], ["x.a[1]: expected a whole number, not the text 'b'"]),
        ("[a]", dict, ["x: expected a mapping, not the list ['a']"]),
        ("{heads: 3}", Inner, ["x: heads: 3 is odd"]),
        ("{heads: 3}", Annotated[dict, KeywordsOf(Inner)], ["x: heads: 3 is odd"]),
        ("5", Annotated[dict, KeywordsOf(Inner)], ["x: expected a mapping, not 5"]),
        ("{head: 3}", Inner, ["x: unknown key 'head'; did you mean heads?"]),
        ("{size: 1, zzz: 3}", Annotated[dict, KeywordsOf(function)], ["x: unknown key 'zzz'; known are size, mode"]),
        ("{mode: b}", Annotated[dict, KeywordsOf(function)], ["x: 'size' is missing"]),
        (
            "{size: 1}",
            Annotated[dict, KeywordsOf(function, given=("size",))],
            ["x: unknown key 'size'; known are mode"],
        ),
        (
            "{inner: {heads: a, rate: b}, layer: 1}",
            Outer,
            [
                "x: unknown key 'layer'; did you mean layers?",
                "x: 'name' is missing",
                "x.inner.heads: expected a whole number, not the text 'a'",
                "x.inner.rate: expected a number, not the text 'b'",
            ],
        ),
    ],
)
def test_all_that_does_not_fit_is_named_with_its_path(text, annotation, expected):
    faults: list[str] = []
    convert(yaml.safe_load(text), annotation, name="x", faults=faults)
    assert faults == expected if isinstance(expected, list) else len(faults) == expected


def test_the_path_of_a_whole_configuration_is_empty():
    faults: list[str] = []
    convert({"inner": {"heads": "a"}}, Outer, name="", faults=faults)
    assert faults == ["'name' is missing", "inner.heads: expected a whole number, not the text 'a'"]
