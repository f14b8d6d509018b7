"""Which of EmoBox's folds have speakers in train and in test."""

import json
import subprocess
import sys

import pytest
from helpers.emobox import row, write_rows

from c2ser.corpora.emobox.speakers import read_overlaps
from c2ser.errors import InputError


def test_real_folds(shared):
    found = {overlap.corpus: overlap for overlap in read_overlaps(shared / "data" / "emobox" / "data")}
    emodb, casia, emovo = (found[name] for name in ("emodb", "casia", "emovo"))
    assert emodb.speakers == 10 and len(emodb.folds) == 5
    assert {(fold.shared, fold.values, fold.share) for fold in emodb.folds.values()} == {(10, 10, 1.0)}
    for corpus, number in ((casia, 4), (emovo, 6)):
        assert [fold.status for fold in corpus.folds.values()] == ["apart"] * number
        assert {fold.values for fold in corpus.folds.values()} == {1} and corpus.speakers == number
    assert found["mer2023"].speakers is None and found["mer2023"].folds[1].status == "unknown"
    assert "esd" not in found  # its list of train is not there


def write_corpus(folder):
    """EmoBox metadata of two folds of EMOVO, of which the second has a speaker in both sets."""
    for fold, test in ((1, "f2"), (2, "f1")):
        for name, speakers in (("train", "f1 m1"), ("test", test)):
            wavs = [f"{speaker}/gio-{speaker}-b{fold}" for speaker in speakers.split()]
            rows = [row(wav[3:], "gio", wav=f"downloads/emovo/{wav}.wav") for wav in wavs]
            write_rows(folder / "emovo" / f"fold_{fold}" / f"emovo_{name}_fold_{fold}.jsonl", rows)


def test_the_command_writes_the_table_and_the_figures(tmp_path):
    write_corpus(tmp_path / "data")
    command = [sys.executable, "-m", "c2ser.bin.speaker_overlap", "--metadata_dir"]
    options = ["data", "--output", "t.md", "--json", "t.json"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "t.md").read_text() == done.stdout
    cells = [cell.strip() for cell in done.stdout.splitlines()[2].split("|")[1:-1]]
    assert cells == ["emovo", "2", "3", "1", "0 1", "0.0 100.0"]
    folds = json.loads((tmp_path / "t.json").read_text())[0]["folds"]
    assert [folds[number]["status"] for number in "12"] == ["apart", "1 shared"]
    alone = subprocess.run([*command, "data/emovo"], cwd=tmp_path, capture_output=True, text=True)
    assert alone.stdout == done.stdout


def test_a_folder_without_folds(tmp_path):
    (tmp_path / "emovo").mkdir()
    with pytest.raises(InputError, match="no corpus with lists of train and test"):
        read_overlaps(tmp_path)
