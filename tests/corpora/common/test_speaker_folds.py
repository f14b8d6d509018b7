"""Folds by speaker that the package has, and that its command makes again."""

import shutil

import pytest
import yaml
from helpers.emobox import row, write_rows

from c2ser.bin.speaker_folds import main
from c2ser.corpora import corpus_names, find_corpus, get_corpus
from c2ser.corpora.common import speaker_folds
from c2ser.corpora.common.preparation import Division, prepare_sets
from c2ser.corpora.common.speaker_folds import LISTS, listed_corpora, read_speaker_folds
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table
from c2ser.errors import InputError


@pytest.mark.parametrize("name", listed_corpora())
def test_the_command_makes_the_same_file(shared, tmp_path, name):
    folds = read_speaker_folds(name)
    metadata = shared / "data" / "emobox" / "data" / name
    by_name = f"c2ser speaker_folds --corpus {name}\n" in (LISTS / f"{name}.yaml").read_text()
    source = ["--corpus", name] if by_name else ["--metadata_dir", str(metadata)]
    main([*source, "--output", str(tmp_path / "folds.yaml")])
    assert (tmp_path / "folds.yaml").read_bytes() == (LISTS / f"{name}.yaml").read_bytes()
    speakers = [speaker for fold in folds.folds for speaker in fold]
    assert len(speakers) == len(set(speakers)) == folds.speakers and folds.gaps == 0


def test_corpora_with_folds_have_the_protocol():
    protocols = {name: find_corpus(name).protocols.get("speaker_folds") for name in corpus_names()}
    found = {name: number for name, number in protocols.items() if number}
    assert found == {name: len(read_speaker_folds(name).folds) for name in listed_corpora()}


def test_each_speaker_of_emodb_is_test_in_one_fold(shared, tmp_path):
    emodb, tests = get_corpus("emodb"), []
    for fold in range(1, emodb.protocols["speaker_folds"] + 1):
        division = Division("speaker_folds", fold=fold)
        prepare_sets(emodb, shared / "data" / "emodb", data_dir=tmp_path, division=division)
        sets = {name: set(read_table(tmp_path / name / "utt2spk").values()) for name in ("train", "dev", "test")}
        assert sum(map(len, sets.values())) == len(set.union(*sets.values())) == 10
        assert all(len(set(read_table(tmp_path / name / "utt2emo").values())) == 7 for name in sets)
        tests += sets["test"]
    assert sorted(tests) == sorted(emodb.speakers)


@pytest.fixture
def shemo(tmp_path):
    """Metadata and audio, which is not audio, of an utterance of each emotion of ShEMO by each speaker given."""

    def write(speakers: list[str]):
        labels = get_corpus("shemo").labels
        names = [(f"{speaker}{code}01", label) for speaker in speakers for code, label in labels.items()]
        rows = [row(name, label, wav=f"downloads/shemo/male/{name}.wav") for name, label in names]
        write_rows(tmp_path / "EmoBox" / "data" / "shemo" / "shemo.jsonl", rows)
        (tmp_path / "audio" / "male").mkdir(parents=True)
        for name, _ in names:
            (tmp_path / "audio" / "male" / f"{name}.wav").write_bytes(b"x")
        return Division("speaker_folds", fold=2, emobox_dir=tmp_path / "EmoBox")

    return write


def test_a_corpus_that_is_read_by_its_metadata_and_a_part_of_it(shemo, tmp_path):
    speakers = [fold[0] for fold in read_speaker_folds("shemo").folds]
    division = shemo(speakers)
    prepare_sets(get_corpus("shemo"), tmp_path / "audio", data_dir=tmp_path / "data", division=division)
    sets = {name: set(read_table(tmp_path / "data" / name / "utt2spk").values()) for name in ("train", "dev", "test")}
    assert sets["test"] == {f"shemo_{speakers[1]}"} and sets["dev"] == {f"shemo_{speakers[2]}"}
    assert len(sets["train"]) == 3 and DataDir(tmp_path / "data" / "train").validate() == []


def test_speakers_of_another_release(shemo, tmp_path):
    division = shemo([fold[0] for fold in read_speaker_folds("shemo").folds] + ["M99"])
    with pytest.raises(InputError, match="shemo.yaml: 1 speakers of the data are in no fold, such as 'M99'"):
        prepare_sets(get_corpus("shemo"), tmp_path / "audio", data_dir=tmp_path / "data", division=division)
    with pytest.raises(InputError, match="emovdb.yaml: fold 2 has no speaker of the data"):
        read_speaker_folds("emovdb").of_speakers(["sam", "bea"])
    with pytest.raises(InputError, match="no_such.yaml: no such file; folds by speaker are there for .*emodb"):
        read_speaker_folds("no_such")


def test_a_file_that_was_changed_by_hand(tmp_path, monkeypatch):
    shutil.copy(LISTS / "emodb.yaml", tmp_path)
    monkeypatch.setattr(speaker_folds, "LISTS", tmp_path)
    assert read_speaker_folds("emodb").speakers == 10
    changed = yaml.safe_load((tmp_path / "emodb.yaml").read_text())
    changed["folds"][0].append(changed["folds"][1].pop())
    (tmp_path / "emodb.yaml").write_text(yaml.safe_dump(changed))
    with pytest.raises(InputError, match="emodb.yaml: the folds are not those of folds_sha256"):
        read_speaker_folds("emodb")
