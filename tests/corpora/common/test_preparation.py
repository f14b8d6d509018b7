"""Data directories of a corpus, by its protocols."""

from pathlib import Path

import pytest

from c2ser.corpora import get_corpus
from c2ser.corpora.common.preparation import Division, download, prepare_set, prepare_sets
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.emotions import read_emotions
from c2ser.errors import InputError

SETS = ("train", "dev", "test")


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("protocol, sizes", [("loso", (428, 58, 49)), ("emobox", (385, 43, 107))])
def test_emodb_is_divided_the_same_each_time(shared, tmp_path, protocol, sizes):
    division = Division(protocol, emobox_dir=shared / "data" / "emobox")
    before: dict[Path, bytes] = {}
    for _ in range(2):
        prepare_sets(get_corpus("emodb"), shared / "data" / "emodb", data_dir=tmp_path, division=division)
        assert before in ({}, files(tmp_path))
        before = files(tmp_path)
    assert read_emotions(tmp_path / "emotions")[-1] == "bored"
    sets = [DataDir(tmp_path / name) for name in SETS]
    ids = [set(directory.utterances()) for directory in sets]
    assert sum(map(len, ids)) == len(set.union(*ids)) == 535
    assert tuple(map(len, ids)) == sizes
    assert [directory.validate() for directory in sets] == [[], [], []]
    assert set(sets[0].read(names.UTT2CORPUS).values()) == {"emodb"}
    texts = sets[2].read(names.TEXT)
    assert set(texts.values()) <= set(get_corpus("emodb").transcripts.values()) and len(texts) == sizes[2]


@pytest.fixture
def source(tmp_path) -> Path:
    for name, emotions in (("train", ("sad", "happiness", "calm")), ("dev", ("sad",)), ("test", ("anger",))):
        for emotion in emotions:
            wav = tmp_path / "source" / name / "s1" / emotion / "1.wav"
            wav.parent.mkdir(parents=True)
            wav.write_bytes(b"x")
    return tmp_path / "source"


def test_official_sets_have_the_label_set_of_all_in_the_order_of_the_vocabulary(source, tmp_path):
    data_dir = tmp_path / "data"
    prepare_sets(get_corpus("folder"), source, data_dir=data_dir, division=Division("official"), language="en")
    assert read_emotions(data_dir / "emotions") == ["angry", "happy", "sad", "calm"]
    for name in SETS:
        assert DataDir(data_dir / name).validate() == []
        assert set(DataDir(data_dir / name).read(names.UTT2LANG).values()) == {"en"}
        assert not DataDir(data_dir / name).has(names.UTT2CORPUS)
    assert DataDir(data_dir / "train").read(names.UTT2EMO)["s1-happiness-1"] == "happy"


def test_one_set_has_its_label_set_beside_it(source, tmp_path):
    prepare_set(get_corpus("folder"), source, output_dir=tmp_path / "data" / "dev", sets=["dev"])
    assert len(DataDir(tmp_path / "data" / "dev")) == 1
    assert read_emotions(tmp_path / "data" / "emotions") == ["sad"]
    assert not DataDir(tmp_path / "data" / "dev").has(names.UTT2LANG)


def test_what_cannot_be_prepared_is_one_line_and_writes_nothing(shared, tmp_path):
    emodb = get_corpus("emodb")
    for division, message in (
        (Division("official"), "emodb: no protocol 'official'; it has loso, emobox"),
        (Division("loso", fold=11), "emodb: no fold 11 of loso; there are 10"),
        (Division("emobox"), "data/emodb: no such folder; the protocol emobox needs a copy of https://github.com/emo"),
        (Division("emobox", emobox_dir=tmp_path), f"{tmp_path}/data/emodb: no such folder"),
    ):
        with pytest.raises(InputError, match=message):
            prepare_sets(emodb, shared / "data" / "emodb", data_dir=tmp_path / "data", division=division)
    with pytest.raises(InputError, match="casia: read by means of EmoBox's metadata only; use .*import_emobox"):
        prepare_set(get_corpus("casia"), tmp_path, output_dir=tmp_path / "data" / "all")
    assert not (tmp_path / "data").exists()


def test_a_corpus_without_a_public_download():
    with pytest.raises(InputError, match="meld: cannot be downloaded automatically; get it from https://github.com"):
        download(get_corpus("meld"), Path("downloads"))
