"""Label sets of corpora, and what they allow utterances."""

import pytest

from c2ser.data.label_sets import allowed_emotions, read_allowed_emotions, read_label_sets, write_label_sets
from c2ser.data.tables import write_table
from c2ser.errors import InputError

SETS = {"urdu": ("angry", "sad"), "emodb": ("angry", "bored")}


def test_sets_are_read_as_written_in_the_vocabularys_order(tmp_path):
    write_label_sets(tmp_path / "table", {"urdu": {"sad", "angry"}, "emodb": ("bored", "angry")})
    assert (tmp_path / "table").read_text() == "emodb angry bored\nurdu angry sad\n"
    assert read_label_sets(tmp_path / "table") == SETS


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("emodb angry furious", ":2: unknown emotion 'furious'"),
        ("emodb", ":2: no emotion of 'emodb', or one twice"),
        ("emodb angry sad angry", ":2: no emotion of 'emodb', or one twice"),
    ],
)
def test_faulty_lines_are_named(line, error, tmp_path):
    (tmp_path / "table").write_text(f"a angry\n{line}\n")
    with pytest.raises(InputError, match=error):
        read_label_sets(tmp_path / "table")


def test_utterances_may_have_the_emotions_of_their_corpus_that_are_in_the_label_set(tmp_path):
    write_table(tmp_path / "utt2corpus", {"u1": "urdu", "e1": "emodb"})
    write_label_sets(tmp_path / "table", SETS)
    read = {"corpus_emotions": tmp_path / "table", "among": ["sad", "angry"]}
    assert read_allowed_emotions(tmp_path, **read) == {"e1": ("angry",), "u1": ("sad", "angry")}
    assert read_allowed_emotions(tmp_path, None, among=["sad"]) == {}
    with pytest.raises(InputError, match="utt2corpus:1: 'e1': corpus 'emodb': none of its emotions is in the label"):
        dict(allowed_emotions(tmp_path / "utt2corpus", SETS, among=["sad"]))
    with pytest.raises(InputError, match="utt2corpus:2: 'u1': corpus 'urdu': has no label set; there are emodb"):
        dict(allowed_emotions(tmp_path / "utt2corpus", {"emodb": ("angry",)}))
