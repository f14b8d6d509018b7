"""EmoBox's balanced sets: rows are found again by file, label and speaker."""

import json
from pathlib import Path

import pytest

from c2ser.bin import prepare_corpus
from c2ser.corpora.emobox.balanced import balanced_list, find_balanced, read_balanced
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

ROWS = [
    ("JK/sa09.wav", "sad", "JK"),  # the same name in two folders
    ("audio/dia1_utt2.wav", "happy", "Monica"),  # of two sets and speakers
    ("happy/Ses02F_impro03_F019.wav", "happy", "02F"),
    ("Actor_15/none.wav", "angry", "15"),
]
WAVS = {
    "JK-sa09": ("savee/JK/sa09.wav", "JK", "sad"),
    "DC-sa09": ("savee/DC/sa09.wav", "DC", "sad"),
    "Ross-a": ("train/dia1_utt2.mp4", "meld_Ross", "happy"),
    "Monica-b": ("dev/dia1_utt2.mp4", "meld_Monica", "happy"),
    "Rachel-c": ("test/dia1_utt2.mp4", "meld_Rachel", "sad"),
    "Ses02F-d": ("Session2/Ses02F_impro03/Ses02F_impro03_F019.wav", "Ses02F", "happy"),
}


def write_list(path: Path, rows=ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"wav_filename": wav, "label": label, "speaker": speaker}) for wav, label, speaker in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def whole(tmp_path) -> DataDir:
    utts = [Utterance(utt, Path("/data") / wav, spk, emotion) for utt, (wav, spk, emotion) in WAVS.items()]
    directory = DataDir(tmp_path / "all")
    directory.write(utts, ["happy", "sad"])
    return directory


def test_rows_are_found_by_folder_label_and_speaker(whole, tmp_path, caplog):
    found = find_balanced(write_list(tmp_path / "list"), whole)
    assert found == {"JK-sa09", "Monica-b", "Ses02F-d"}
    assert "1 utterances are not in" in caplog.text and "Actor_15/none.wav" in caplog.text
    flat = write_list(tmp_path / "flat", [("DC/sa09.wav", "sad", "DC")])
    utts = [Utterance("DC_sa09", Path("/data/savee/DC_sa09.wav"), "DC", "sad")]
    DataDir(tmp_path / "flat_all").write(utts, ["sad"])
    assert find_balanced(flat, DataDir(tmp_path / "flat_all")) == {"DC_sa09"}


def test_a_name_of_several_utterances_is_counted(whole, tmp_path, caplog):
    found = find_balanced(write_list(tmp_path / "list", [("audio/dia1_utt2.wav", "happy", "Joey")]), whole)
    assert found == {"Monica-b"} and "1 names are those of several utterances" in caplog.text


def test_faults_are_named(whole, tmp_path):
    with pytest.raises(InputError, match="list: none of its utterances is in"):
        find_balanced(write_list(tmp_path / "list", [("x/y.wav", "sad", "z")]), whole)
    with pytest.raises(InputError, match="list:1: unknown label 'breath'"):
        list(read_balanced(write_list(tmp_path / "list", [("x/y.wav", "breath", "z")])))
    (tmp_path / "list").write_text("{}\n")
    with pytest.raises(InputError, match="list:1: not a row with wav_filename"):
        list(read_balanced(tmp_path / "list"))
    with pytest.raises(InputError, match="SAVEE_selected_balenced.jsonl: no such file"):
        balanced_list(tmp_path, "savee")


def test_the_protocol_writes_the_set_as_test(tmp_path):
    for name in ("DC_a01", "DC_sa02", "JK_d01", "JK_a02"):
        wav = tmp_path / "savee" / f"{name}.wav"
        wav.parent.mkdir(exist_ok=True)
        wav.write_bytes(b"RIFF")
    write_list(
        tmp_path / "EmoBox" / "data" / "track2" / "SAVEE_selected_balenced.jsonl",
        [("DC/a01.wav", "angry", "DC"), ("DC/sa02.wav", "sad", "DC")],
    )
    words = ["--corpus", "savee", "--source_dir", tmp_path / "savee", "--emobox_dir", tmp_path / "EmoBox"]
    prepare_corpus.main([str(word) for word in (*words, "--protocol", "balanced", "--data_dir", tmp_path / "data")])
    assert sorted(read_table(tmp_path / "data" / "test" / "utt2emo").values()) == ["angry", "sad"]
    assert (tmp_path / "data" / "emotions").read_text().split() == ["angry", "sad"]
    assert len(DataDir(tmp_path / "data" / "all")) == 4
