"""The label set of a recipe."""

import pytest

from c2ser.emotions import parse_emotion, read_emotions
from c2ser.errors import InputError


@pytest.mark.parametrize("content", ["angry\nhappy\n", "\ufeffangry\r\nhappy", " angry \n happy\n"])
def test_one_name_per_line(tmp_path, content):
    (tmp_path / "emotions").write_bytes(content.encode())
    assert read_emotions(tmp_path / "emotions") == ["angry", "happy"]


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "emotions: no emotion in it"),
        (b"angry\nmerry\n", "emotions:2: unknown emotion 'merry'"),
        (b"angry\nangry\n", "emotions:2: duplicate emotion 'angry'"),
        ("angry\n".encode("utf-16"), "emotions:1: not UTF-8"),
    ],
)
def test_what_cannot_be_a_label_set(tmp_path, content, message):
    (tmp_path / "emotions").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_emotions(tmp_path / "emotions")


def test_labels_are_canonical_names():
    assert parse_emotion("angry") == "angry"
    with pytest.raises(ValueError, match="unknown emotion 'anger'"):
        parse_emotion("anger")
