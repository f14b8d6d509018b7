"""EmoBox's files: what is missing or faulty is named with file and line."""

import json
from pathlib import Path

import pytest
from helpers.emobox import row, write_rows, write_toy

from c2ser.corpora.emobox.metadata import corpus_dir, find_lists, fold_numbers, read_label_map, read_rows
from c2ser.errors import InputError


def test_finds_folds_and_lists(tmp_path):
    metadata, _ = write_toy(tmp_path)
    (metadata / "fold_10").mkdir()
    (metadata / "fold_x").mkdir()
    assert fold_numbers(metadata) == [1, 10]
    assert list(find_lists(metadata, 1)) == ["train", "test"]
    with pytest.raises(InputError, match=r"fold_2: no such fold; .* has fold_1, fold_10"):
        find_lists(metadata, 2)
    with pytest.raises(InputError, match=r"toy\.jsonl: no such file; .*--fold"):
        find_lists(metadata, None)
    write_rows(metadata / "toy.jsonl", [])
    assert find_lists(metadata, None) == {"all": metadata / "toy.jsonl"}


def test_a_folder_has_the_corpus_as_its_name_however_it_is_given(tmp_path, monkeypatch):
    (tmp_path / "toy" / "fold_1").mkdir(parents=True)
    (tmp_path / "other").symlink_to(tmp_path / "toy")
    monkeypatch.chdir(tmp_path / "toy")
    assert corpus_dir(".") == corpus_dir("fold_1/..") == corpus_dir("../toy/") == tmp_path / "toy"
    assert corpus_dir(Path("../other")).name == "other"


@pytest.mark.parametrize(
    "line",
    [
        '{"key": "a"}',
        "[1]",
        "3",
        "",
        '{"key": "a", "wav": "b.wav", "emo": 3, "length": 1}',
        '{"key": "a", "wav": null}',
        json.dumps(row("b", "n", length="x")),
        json.dumps(row("b", "n", length=float("nan"))),
        json.dumps(row("b", "n", start_time=1.0)),
        json.dumps(row("b", "n", start_time=1.0, end_time=0.5)),
        json.dumps(row("b", "n", start_time=float("nan"), end_time=0.5)),
    ],
)
def test_names_a_faulty_line(tmp_path, line):
    path = tmp_path / "toy.jsonl"
    path.write_text(json.dumps(row("a", "n")) + f"\n{line}\n")
    with pytest.raises(InputError, match=r"toy\.jsonl:2: not a JSON object with key, wav, emo and length .*") as error:
        list(read_rows(path))
    assert "\n" not in str(error.value)


def test_reads_rows_with_where_they_are_in_a_recording(tmp_path):
    path = tmp_path / "toy.jsonl"
    write_rows(path, [row("a", "n"), row("b", "n", start_time=1.5, end_time=2.5)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    whole, part = read_rows(path)
    assert (whole.where, whole.start, whole.end) == (f"{path}:1", None, None)
    assert (part.line, part.start, part.end) == (2, 1.5, 2.5)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"toy\.jsonl:1: the list is empty; get EmoBox again"):
        list(read_rows(path))
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"toy\.jsonl: not UTF-8"):
        list(read_rows(path))


@pytest.mark.parametrize("content", ["[]", "{", '{"a": 3}'])
def test_names_a_faulty_label_map(tmp_path, content):
    assert read_label_map(tmp_path) == {}
    (tmp_path / "label_map.json").write_text('{"A": "Anger"}')
    assert read_label_map(tmp_path) == {"a": "Anger"}
    (tmp_path / "label_map.json").write_text(content)
    with pytest.raises(InputError, match="label_map.json: not a JSON object of labels and words"):
        read_label_map(tmp_path)
