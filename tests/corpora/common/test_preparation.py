"""Data directories of a corpus, by its protocols."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from c2ser.corpora import Source, get_corpus
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
    for name, emotions in (("train", ("sad", "happiness", "calm", "angry")), ("dev", ("sad",)), ("test", ("anger",))):
        for emotion in emotions:
            put(tmp_path / "source" / name / "s1" / emotion / "1.wav")
    return tmp_path / "source"


def put(wav: Path) -> None:
    wav.parent.mkdir(parents=True, exist_ok=True)
    wav.write_bytes(b"x")


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


def prepare_yours(source: Path, data_dir: Path, protocol: str | None = None) -> dict[str, DataDir]:
    corpus = get_corpus("folder").open(Source(source))
    division = Division(protocol or next(iter(corpus.protocols)))
    prepare_sets(corpus, source, data_dir=data_dir, division=division)
    sets = {name: DataDir(data_dir / name) for name in SETS}
    assert [directory.validate() for directory in sets.values()] == [[], [], []]
    return sets


def labels_of(directory: DataDir) -> dict[str, int]:
    return dict(sorted(Counter(directory.read(names.UTT2EMO).values()).items()))


def test_an_undivided_corpus_is_divided_by_its_speakers(tmp_path):
    for speaker in range(10):
        for emotion in ("angry", "sad"):
            put(tmp_path / "source" / f"s{speaker}" / emotion / "1.wav")
    sets = prepare_yours(tmp_path / "source", tmp_path / "data")
    assert {name: labels_of(directory) for name, directory in sets.items()} == {
        "train": {"angry": 7, "sad": 7},
        "dev": {"angry": 1, "sad": 1},
        "test": {"angry": 2, "sad": 2},
    }
    speakers = [set(directory.read(names.UTT2SPK).values()) for directory in sets.values()]
    assert sum(map(len, speakers)) == len(set.union(*speakers)) == 10


def test_without_speakers_each_emotion_is_divided_by_itself(tmp_path):
    for emotion in ("angry", "sad"):
        for number in range(10):
            put(tmp_path / "source" / emotion / f"{number}.wav")
    sets = prepare_yours(tmp_path / "source", tmp_path / "data")
    counts = {name: labels_of(directory) for name, directory in sets.items()}
    expected = {"train": 7, "dev": 1, "test": 2}
    assert counts == {name: {"angry": count, "sad": count} for name, count in expected.items()}


@pytest.mark.parametrize("speakers, sizes", [(4, (6, 2, 2)), (1, (1, 1, 2))])
def test_train_gives_a_dev_set_where_there_is_none(tmp_path, speakers, sizes):
    for name, number in (("train", speakers), ("test", 1)):
        for speaker in range(number):
            for file in range(2):
                put(tmp_path / "source" / name / f"{name}{speaker}" / "sad" / f"{file}.wav")
    sets = prepare_yours(tmp_path / "source", tmp_path / "data")
    assert tuple(map(len, sets.values())) == sizes


def test_too_few_speakers_and_what_to_do(tmp_path):
    for number in range(4):
        for emotion in ("angry", "sad"):
            put(tmp_path / "source" / "ann" / emotion / f"{number}.wav")
    with pytest.raises(InputError, match=r"all/utt2spk: one speaker only, ann, .*--protocol utterances"):
        prepare_yours(tmp_path / "source", tmp_path / "data")
    assert len(prepare_yours(tmp_path / "source", tmp_path / "data", "utterances")["train"]) == 4
    put(tmp_path / "source" / "bob" / "sad" / "1.wav")
    with pytest.raises(InputError, match=r"all/utt2spk: only 2 speakers, ann and bob, for train, dev and test"):
        prepare_yours(tmp_path / "source", tmp_path / "data")


def test_an_emotion_that_train_lacks_is_named(tmp_path):
    for name, emotion in (("train", "sad"), ("dev", "sad"), ("test", "angry")):
        put(tmp_path / "source" / name / "s1" / emotion / "1.wav")
    with pytest.raises(InputError, match=r"train/utt2emo: no utterance of angry, which the label set emotions has"):
        prepare_yours(tmp_path / "source", tmp_path / "data")


def test_an_emotion_that_only_test_lacks_is_said(tmp_path, caplog):
    for name, emotion in (("train", "sad"), ("train", "angry"), ("dev", "sad"), ("dev", "angry"), ("test", "sad")):
        put(tmp_path / "source" / name / "s1" / emotion / "1.wav")
    prepare_yours(tmp_path / "source", tmp_path / "data")
    assert f"{tmp_path}/data/test/utt2emo: no utterance of angry, so no figure of it" in caplog.text
    assert "dev/utt2emo" not in caplog.text


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
    unread = replace(emodb, read=None)
    with pytest.raises(InputError, match="emodb: read by means of EmoBox's metadata only; use .*import_emobox"):
        prepare_set(unread, tmp_path, output_dir=tmp_path / "data" / "all")
    assert not (tmp_path / "data").exists()


def test_a_corpus_without_a_public_download():
    with pytest.raises(InputError, match="meld: cannot be downloaded automatically; get it from https://github.com"):
        download(get_corpus("meld"), Path("downloads"))
