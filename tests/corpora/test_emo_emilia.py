"""Emo-Emilia from its list."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from c2ser.corpora import emo_emilia, get_corpus
from c2ser.corpora.common.preparation import Division, prepare_sets
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import write_table
from c2ser.emotions import PAPER_EMOTIONS, read_emotions
from c2ser.errors import InputError
from c2ser.scoring.score import score_files

ROWS = (
    ("ZH_B00001_S00002_W000003", "angry", "你 来了。"),
    ("EN_B00001_S00002_W000000", "happy", " Now  then!"),
    ("EN_B00001_S00002_W000001", "neutral", ""),
)


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "Emo Emilia"
    (folder / "wav").mkdir(parents=True)
    rows = [{"index": i, "emotion": e, "wav": f"./Emo-Emilia/wav/{i}.wav", "text": text} for i, e, text in ROWS]
    for index, *_ in ROWS:
        (folder / "wav" / f"{index}.wav").write_bytes(b"x")
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / emo_emilia.LIST).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_the_whole_list(shared, tmp_path):
    listed = shared / "data" / "emo_emilia" / emo_emilia.LIST
    (tmp_path / emo_emilia.LIST).symlink_to(listed)
    (tmp_path / "wav").mkdir()
    utterances = list(emo_emilia.read(tmp_path))
    counts = Counter((utterance.language, utterance.emotion) for utterance in utterances)
    assert counts == {(language, emotion): 100 for language in ("zh", "en") for emotion in PAPER_EMOTIONS}
    speakers = Counter(utterance.language for utterance in {u.speaker: u for u in utterances}.values())
    assert speakers == {"en": 634, "zh": 600}
    assert DataDir(tmp_path / "all").write(utterances, emo_emilia.CORPUS.emotions) == 1400


def test_languages_are_its_sets(source, tmp_path):
    prepare_sets(get_corpus("emo_emilia"), source, data_dir=tmp_path / "data", division=Division("official"))
    assert read_emotions(tmp_path / "data" / "emotions") == list(PAPER_EMOTIONS)
    zh, en = (DataDir(tmp_path / "data" / name) for name in ("zh", "en"))
    assert zh.read(names.TEXT) == {ROWS[0][0]: "你 来了。"} and en.read(names.TEXT) == {ROWS[1][0]: "Now then!"}
    assert set(zh.read(names.UTT2LANG).values()) == {"zh"} and set(en.read(names.UTT2LANG).values()) == {"en"}
    assert en.read(names.UTT2SPK) == {index: "EN_B00001_S00002" for index, *_ in ROWS[1:]}
    assert en.read(names.WAV_SCP)[ROWS[1][0]] == str(source / "wav" / f"{ROWS[1][0]}.wav")


@pytest.mark.parametrize(
    "line, message",
    [
        (b'{"index": "ZH_B00001_S00002_W000003", "emotion": "calm", "text": ""}', "jsonl:1: not a line of .*'calm'"),
        (b'{"index": "DE_B00001_S00002_W000003", "emotion": "sad", "text": ""}', "jsonl:1: not a line of Emo-Emilia"),
        (b'{"index": "ZH_B00001_S00002_W000003", "emotion": "sad"}', "jsonl:1: not a line of Emo-Emilia .*'text'"),
        (b"[1]", "jsonl:1: not a line of Emo-Emilia"),
        (b"\xff\xfe", "jsonl: not UTF-8"),
    ],
)
def test_lines_that_are_not_its_own_are_named(source, line, message):
    (source / emo_emilia.LIST).write_bytes(line + b"\n")
    with pytest.raises(InputError, match=message):
        list(emo_emilia.read(source))


def test_what_is_missing_is_named(source):
    shutil.rmtree(source / "wav")
    with pytest.raises(InputError, match="wav: not there; get Emo-Emilia from https://github.com/zxzhao0/C2SER"):
        list(emo_emilia.read(source))
    (source / emo_emilia.LIST).unlink()
    with pytest.raises(InputError, match=r"Emo-Emilia-ALL\.jsonl: not there"):
        list(emo_emilia.read(source))


def test_words_that_name_the_emotion_divide_the_scores(shared, tmp_path):
    (tmp_path / emo_emilia.LIST).symlink_to(shared / "data" / "emo_emilia" / emo_emilia.LIST)
    (tmp_path / "wav").mkdir()
    data = DataDir(tmp_path / "all")
    data.write(emo_emilia.read(tmp_path), emo_emilia.CORPUS.emotions)
    cues = Counter((emotion, cue) for _, emotion, cue in data.iterate(names.UTT2EMO, names.UTT2LEXICAL_CUE))
    assert cues["fearful", "own"] == 115 and cues["neutral", "own"] == 0
    labels = data.read(names.UTT2EMO)
    assert not [fault for fault in data.validate() if names.UTT2LEXICAL_CUE in fault]
    reader = {u: labels[u] if cue == "own" else "neutral" for u, cue in data.read(names.UTT2LEXICAL_CUE).items()}
    write_table(tmp_path / "hyp", reader)
    groups = score_files(data.table(names.UTT2EMO), tmp_path / "hyp", output_dir=tmp_path / "score")["groups"]
    values = groups["lexical cue"]["values"]
    assert list(values) == ["names its emotion", "names another", "names none"]
    assert values["names its emotion"]["wa"] == 1 and values["names none"]["wa"] < 0.3
