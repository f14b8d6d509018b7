"""Data directories with other labels: all tables follow, the originals stay."""

from pathlib import Path

import pytest

from c2ser.bin import map_labels
from c2ser.corpora.common.relabelling import map_data_dirs
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.data.label_maps import LABEL_MAPS, find_label_map
from c2ser.data.tables import write_table
from c2ser.data.utterance import Utterance
from c2ser.data.writing import write_emotions
from c2ser.emotions import read_emotions
from c2ser.errors import InputError

EMOTIONS = ("calm", "happy", "excited", "sad")


@pytest.fixture
def data(tmp_path) -> Path:
    wav = tmp_path / "a.wav"
    wav.write_bytes(b"x")
    votes = {"calm": 2, "happy": 1, "excited": 1}
    utterances = [Utterance(f"a-{emotion}", wav, "a", emotion, "Hm.", votes=votes) for emotion in EMOTIONS]
    utterances.append(Utterance("a-x", wav, "a", votes={"calm": 1}))
    for name in ("train", "test"):
        DataDir(tmp_path / "data" / name).write(utterances[: 3 if name == "test" else None], EMOTIONS)
        write_table(tmp_path / "data" / name / names.EXPLICIT, {"a-calm": "It is calm."})
    write_emotions(tmp_path / "data" / "emotions", EMOTIONS)
    return tmp_path / "data"


def test_tables_follow_the_map(data, tmp_path, caplog):
    caplog.set_level("INFO")
    target = tmp_path / "mapped"
    sets = [str(data / "train"), str(data / "test")]
    map_labels.main(["--data_dirs", *sets, "--output_dir", str(target), "--label_map", "iemocap4"])
    train = DataDir(target / "train")
    assert train.read(names.UTT2EMO) == {"a-excited": "happy", "a-happy": "happy", "a-sad": "sad"}
    assert train.read(names.UTT2VOTES) == dict.fromkeys(("a-excited", "a-happy", "a-sad"), "happy:2")
    assert set(train.utterances()) == {"a-excited", "a-happy", "a-sad", "a-x"} and not train.has(names.EXPLICIT)
    assert read_emotions(target / "emotions") == ["happy", "sad"]
    assert train.validate() == DataDir(target / "test").validate() == []
    assert f"{target}/train: label map iemocap4 leaves out 1 of 4 utterances: 'calm' 1" in caplog.text
    assert f"{target}/train: label map iemocap4: excited (1) counted as happy" in caplog.text
    assert DataDir(data / "train").read(names.UTT2EMO)["a-calm"] == "calm"


def test_what_cannot_be_mapped_is_one_line_and_writes_nothing(data, tmp_path):
    target = tmp_path / "mapped"
    (tmp_path / "map.yaml").write_text("happy: sad\nbored: null\n")
    with pytest.raises(InputError, match=r"map\.yaml:2: 'bored' is not a label of .*/train; labels are calm, excited,"):
        map_data_dirs([data / "train"], target, label_map=find_label_map(str(tmp_path / "map.yaml")))
    (tmp_path / "map.yaml").write_text("".join(f"{emotion}: null\n" for emotion in EMOTIONS))
    with pytest.raises(InputError, match=r"test: label map .*map\.yaml leaves out all utterances"):
        map_data_dirs([data / "test"], target, label_map=find_label_map(str(tmp_path / "map.yaml")))
    with pytest.raises(InputError, match="train: would be overwritten"):
        map_data_dirs([data / "train"], data, label_map=LABEL_MAPS["paper"])
    with pytest.raises(InputError, match="several sets are called train"):
        map_data_dirs([data / "train", data / "train"], target, label_map=LABEL_MAPS["paper"])
    write_table(data / "train" / names.UTT2EMO, {"a-calm": "calmm"})
    with pytest.raises(InputError, match="utt2emo: 'a-calm': unknown emotion 'calmm'"):
        map_data_dirs([data / "train"], target, label_map=LABEL_MAPS["paper"])
    assert not target.exists()
