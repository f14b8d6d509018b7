"""What is in names and texts breaks no format, and times and probabilities are where readers look for them."""

import csv
import io
import json
import os
from urllib.parse import unquote_to_bytes

import pytest

from c2ser.output.formats import FORMATS, Layout

NAMES = [
    "a.wav",
    'say "no".wav',
    '"quoted".wav',
    "tab\tand\nline.wav",
    "back\\slash\\t.wav",
    "comma, semicolon;.wav",
    ";; comment.wav",
    "50% ü 语.wav",
    "\x1b[31mred\x0b\x85\u2028.wav",
    os.fsdecode(b"\xff latin.wav"),
]
TEXT = 'It is "slow"\tand\r\nquiet, \\so\\ it is sad.'
ESCAPES = {r"\t": "\t", r"\n": "\n", r"\\": "\\", r"\"": '"'}


def answer(file: str, **more) -> dict:
    given = {"file": file, "seconds": 2.5, "emotion": "sad", "text": TEXT, "scores": {"sad": 0.75, "happy": 0.25}}
    return given | {"segments": []} | more


def segment(start: float, end: float, emotion: str | None) -> dict:
    return {"start": start, "end": end} | {
        name: value for name, value in answer("", emotion=emotion).items() if name in ("emotion", "text", "scores")
    }


def written(name: str, answers: list[dict], **layout) -> str:
    return "".join(FORMATS[name](answers, Layout(**layout)))


def test_tsv_has_a_line_per_file_and_tabs_between_columns_alone():
    text = written("tsv", [answer(name) for name in NAMES], emotions=("sad", "happy"))
    head, *lines = text.splitlines()
    assert head.split("\t") == ["file", "seconds", "emotion", "probability", "sad", "happy", "text"]
    assert len(lines) == len(NAMES)
    for line, name in zip(lines, NAMES):
        file, *rest = line.split("\t")
        assert rest[:5] == ["2.500", "sad", "0.7500", "0.7500", "0.2500"] and len(rest) == 6
        if name.isprintable() or name.isascii():
            unescaped = "".join(ESCAPES.get(part, part) for part in pairs(file))
            assert unescaped == name or "\x1b" in name
    assert [row[0] for row in csv.reader(io.StringIO(text), delimiter="\t")][1:] == [
        line.split("\t")[0] for line in lines
    ]
    text.encode()


def pairs(field: str) -> list[str]:
    """Characters, each with the backslash before it."""
    found, rest = [], iter(field)
    for character in rest:
        found.append(character + next(rest) if character == "\\" else character)
    return found


def test_csv_and_json_give_back_what_was_there():
    answers = [answer(name) for name in NAMES]
    rows = list(csv.DictReader(io.StringIO(written("csv", answers, emotions=("sad",)), newline="")))
    assert [row["file"] for row in rows[:-1]] == NAMES[:-1] and rows[0]["sad"] == "0.7500"
    assert rows[0]["text"] == " ".join(TEXT.split())
    lines = written("jsonl", answers).splitlines()
    assert [json.loads(line) for line in lines] == answers and "语" in lines[7]
    for name in ("csv", "jsonl"):
        written(name, answers).encode()


@pytest.mark.parametrize("name, fields", [("rttm", 10), ("ctm", 6)])
def test_annotations_have_words_between_spaces_alone(name, fields):
    lines = written(name, [answer(file) for file in NAMES]).splitlines()
    words = [line.split() for line in lines]
    assert len(lines) == len(NAMES) and {len(row) for row in words} == {fields}
    files = [row[1 if name == "rttm" else 0] for row in words]
    assert [os.fsdecode(unquote_to_bytes(file)) for file in files] == NAMES
    assert not any(line.startswith(";") for line in lines)


def test_segments_are_rows_of_annotations_and_on_request_of_tables():
    spoken = answer("a.wav", segments=[segment(0.5, 1.25, "sad"), segment(1.5, 2.0, None)])
    assert written("rttm", [spoken]).splitlines() == [
        "SPEAKER a.wav 1 0.500 0.750 <NA> <NA> sad 0.7500 <NA>",
        "SPEAKER a.wav 1 1.500 0.500 <NA> <NA> <NA> <NA> <NA>",
    ]
    assert written("ctm", [spoken, answer("b.wav", scores=None)]).splitlines() == [
        "a.wav 1 0.500 0.750 sad 0.7500",
        "a.wav 1 1.500 0.500 <invalid>",
        "b.wav 1 0.000 2.500 sad",
    ]
    assert len(written("tsv", [spoken]).splitlines()) == 2
    head, first, second = (line.split("\t") for line in written("tsv", [spoken], segments=True).splitlines())
    assert head == ["file", "start", "end", "emotion", "text"]
    assert first[:4] == ["a.wav", "0.500", "1.250", "sad"] and second[3] == "<invalid>"
