"""Utterances of a corpus in any order become sorted tables, whole or not at all."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.data_dirs import EMOTIONS, contents

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError


def test_writes_sorted_tables(data, utterances):
    assert set(contents(data)) == {
        "wav.scp",
        "utt2spk",
        "spk2utt",
        "utt2emo",
        "text",
        "utt2lang",
        "utt2corpus",
        "spk2gender",
    }
    for name in contents(data):
        subprocess.run(["sort", "-c", data / name], env={**os.environ, "LC_ALL": "C"}, check=True)
    assert read_table(data / "wav.scp") == {utt.id: str(utt.wav) for utt in utterances}
    assert read_table(data / "spk2utt")["spk1"] == "spk1-1 spk1-4 spk1-7"
    assert read_table(data / "spk2gender") == {"spk0": "f", "spk1": "m", "spk2": "f"}
    assert read_table(data / "text")["spk1-1"] == "ein Satz" and "spk0-0" not in read_table(data / "text")
    assert "spk2-5" not in read_table(data / "utt2emo")
    assert read_table(data / "utt2corpus") == {utt.id: "corpus a" for utt in utterances}
    assert DataDir(data).validate() == []


def test_order_of_the_utterances_does_not_matter(data, utterances, tmp_path):
    DataDir(tmp_path / "again").write(reversed(utterances), EMOTIONS, corpus="corpus a")
    assert contents(tmp_path / "again") == contents(data)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"id": "spk0-0"}, "utterance 'spk0-0' is a duplicate"),
        ({"id": "a b"}, "'a b': its id is empty or has spaces"),
        ({"speaker": ""}, "speaker '' is empty"),
        ({"emotion": "joyous"}, "unknown emotion 'joyous'; the label set is angry, happy, sad"),
        ({"wav": Path("x.wav |")}, "ends with a space or '|'"),
        ({"wav": Path("x\n.wav")}, "line break"),
        ({"wav": Path(os.fsdecode(b"\xff.wav"))}, "not UTF-8"),
        ({"gender": "x"}, "needs one gender"),
        ({"recording": "r", "start": 0.0, "end": 1.0}, "'spk0-0' is a whole file, others are parts of recordings"),
        ({"recording": "r", "start": 0.0}, "'new': a part of recording 'r' needs its start and end"),
        ({"recording": "r s", "start": 0.0, "end": 1.0}, "recording 'r s' is empty or has spaces"),
        ({"speaker": "spk0", "gender": "m"}, "speaker 'spk0' needs one gender"),
        ({"age": -1}, "speaker 'new' needs one age above 0, not -1"),
        ({"votes": {"joyous": 1}}, "'joyous:1' has no known emotion"),
        ({"votes": {"bored": 1}}, "votes for 'bored', which is not in the label set, angry, happy, sad"),
        ({"votes": {"sad": -1}}, "'sad:-1' has no count of 0 or more"),
        ({"votes": {"sad": 0}}, "has no vote"),
    ],
)
def test_refuses_a_bad_utterance_and_writes_nothing(tmp_path, utterances, change, words):
    facts = {"id": "new", "wav": Path("x.wav"), "speaker": "new"} | change
    with pytest.raises(InputError) as error:
        DataDir(tmp_path / "out").write([*utterances, Utterance(**facts)], EMOTIONS)
    message = str(error.value)
    assert words in message and str(tmp_path / "out") in message and "\n" not in message
    assert not (tmp_path / "out").exists()


def test_votes_are_written_in_the_order_of_the_vocabulary(tmp_path, utterances):
    votes = {"spk0-0": {"sad": 1 / 3, "happy": 0, "angry": 2}, "spk1-1": {"happy": 4.0}, "spk2-2": {}}
    DataDir(tmp_path / "all").write([replace(utt, votes=votes.get(utt.id)) for utt in utterances], EMOTIONS)
    assert read_table(tmp_path / "all" / "utt2votes") == {"spk0-0": "angry:2 sad:0.333333", "spk1-1": "happy:4"}
    assert DataDir(tmp_path / "all").validate(EMOTIONS) == []
    DataDir(tmp_path / "all").write(utterances, EMOTIONS)
    assert not (tmp_path / "all" / "utt2votes").exists()


def test_failure_leaves_the_former_set(data, utterances):
    before = contents(data)
    with pytest.raises(InputError, match="no utterance to write"):
        DataDir(data).write([], EMOTIONS)
    with pytest.raises(InputError, match="is a duplicate"):
        DataDir(data).write(utterances[:2] * 2, EMOTIONS)
    assert contents(data) == before


def test_other_utterances_take_stale_tables_away(data, utterances):
    write_table(data / "utt2dur", {utt.id: 1.0 for utt in utterances})
    DataDir(data).write(utterances, EMOTIONS)
    assert (data / "utt2dur").exists()
    DataDir(data).write([Utterance("a", Path("x.wav"), "a")], EMOTIONS)
    assert set(contents(data)) == {"wav.scp", "utt2spk", "spk2utt", "utt2emo"}


def test_parts_of_recordings_become_segments(tmp_path, utterances):
    wav = utterances[0].wav
    parts = [Utterance(f"s-{i}", wav, "s", "sad", recording="r", start=i, end=i + 1.5, corpus="c") for i in range(2)]
    assert DataDir(tmp_path / "all").write(parts, EMOTIONS, corpus="corpus a") == 2
    assert read_table(tmp_path / "all" / "wav.scp") == {"r": str(wav)}
    assert read_table(tmp_path / "all" / "segments") == {"s-0": "r 0.000 1.500", "s-1": "r 1.000 2.500"}
    assert set(read_table(tmp_path / "all" / "utt2corpus").values()) == {"c"}
    assert DataDir(tmp_path / "all").validate() == []
    other = Utterance("s-2", wav.with_name("x.wav"), "s", recording="r", start=0, end=1)
    with pytest.raises(InputError, match="'s-2': recording 'r' has two files"):
        DataDir(tmp_path / "all").write([*parts, other], EMOTIONS)
