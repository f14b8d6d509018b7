"""M3ED from its annotation."""

import json
from pathlib import Path

import pytest
from helpers.raw_corpora import write_m3ed_annotation

from c2ser.corpora import get_corpus, m3ed
from c2ser.corpora.common.preparation import prepare_set
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.errors import InputError

NAMES = ("A_anjia_1_1", "B_anjia_2_1", "B_qihun_1_1", "A_woju_1_1")


@pytest.fixture
def source(tmp_path) -> Path:
    rows = {name: {"wav": f"downloads/m3ed/modality_speech/{name}.wav", "emo": "Anger"} for name in NAMES}
    write_m3ed_annotation(tmp_path, rows)
    return tmp_path


def test_a_character_of_several_dialogues_is_one_speaker(source):
    utterances = list(m3ed.read(source))
    assert [utterance.wav.stem for utterance in utterances] == list(NAMES)
    speakers = ["m3ed_anjia_方圆", "m3ed_anjia_钟_晓芹", "m3ed_qihun_钟_晓芹", "m3ed_woju_方圆"]
    assert [utterance.speaker for utterance in utterances] == speakers
    assert [utterance.gender for utterance in utterances] == ["m", "f", "f", "m"]
    assert {(utterance.emotion, utterance.text) for utterance in utterances} == {("angry", "你好")}


def test_sets_are_series(source):
    sets = {name: [utterance.wav.stem for utterance in m3ed.read(source, name)] for name in m3ed.LISTS}
    assert sets == {"train": list(NAMES[:2]), "dev": [NAMES[2]], "test": [NAMES[3]]}


def test_faulty_turns_are_named(source):
    annotation = json.loads((source / "annotation.json").read_text())
    for fault in (None, {"Speaker": "A"}, {"Speaker": "A", "EmoAnnotation": {"final_main_emo": "Bliss"}}):
        annotation["woju"]["woju_1"]["Dialog"]["woju_1_1"] = fault
        (source / "annotation.json").write_text(json.dumps(annotation))
        with pytest.raises(InputError, match=r"annotation\.json: 'woju_1_1' is not a part of M3ED \(.*\); get it from"):
            list(m3ed.read(source, "test"))


def test_clips_that_are_missing_stop_or_are_skipped(source):
    (source / "modality_speech").mkdir()
    for name in NAMES[1:]:
        (source / "modality_speech" / f"{name}.wav").write_bytes(b"x")
    with pytest.raises(InputError, match=r"A_anjia_1_1\.wav: no such file; .*--skip_bad"):
        prepare_set(get_corpus("m3ed"), source, output_dir=source / "data" / "all")
    prepare_set(get_corpus("m3ed"), source, output_dir=source / "data" / "all", skip_bad=True)
    data = DataDir(source / "data" / "all")
    assert len(data) == 3 and list(data.read(names.SKIPPED)) == ["m3ed_anjia_方圆-anjia_1_1"]


def test_a_missing_annotation_is_named(tmp_path):
    with pytest.raises(InputError, match=r"annotation\.json: no such file; get it from https://github.com/AIM3-RUC"):
        list(m3ed.read(tmp_path))
