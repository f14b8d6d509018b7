"""Sets from EmoBox's metadata: labels, speakers, and the lists of many corpora."""

import json
import logging
from collections import Counter

import pytest
from helpers.emobox import row, write_rows, write_toy

from c2ser.corpora.emobox import label_set, read_sets
from c2ser.errors import InputError


def test_labels_go_through_the_map_and_others_are_left_out(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    metadata, audio = write_toy(tmp_path)
    sets = read_sets(metadata, audio, fold=1)
    assert Counter(utt.emotion for utt in sets["train"]) == {"angry": 10, "neutral": 10}
    assert label_set(metadata, sets) == ["angry", "neutral"]
    assert "left out 10 of 30 utterances without an emotion: 'breath' 10" in caplog.text
    assert "30 of 30 audio files differ in length" in caplog.text


def test_calm_is_an_emotion_of_its_own_and_merged_labels_are_reported(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    words = ("Neutral", "Calm", "Happy", "Joy", "Happy")
    write_rows(tmp_path / "toy" / "toy.jsonl", [row(f"{i}", word) for i, word in enumerate(words)])
    for index in range(len(words)):
        (tmp_path / f"{index}.wav").touch()
    sets = read_sets(tmp_path / "toy", tmp_path)
    assert [utt.emotion for utt in sets["all"]] == ["neutral", "calm", "happy", "happy", "happy"]
    assert label_set(tmp_path / "toy", sets) == ["happy", "neutral", "calm"]
    assert "toy.jsonl: joy (1) counted as happy" in caplog.text and "as neutral" not in caplog.text


def test_parts_of_recordings_keep_their_times(tmp_path):
    rows = [row("a", "Happy", start_time=i, end_time=i + 1) | {"key": f"toy-{i}"} for i in range(2)]
    write_rows(tmp_path / "toy" / "toy.jsonl", rows)
    (tmp_path / "a.wav").touch()
    (first, second) = read_sets(tmp_path / "toy", tmp_path)["all"]
    assert (first.id, first.recording, first.start, first.end) == ("toy_0", "toy_a", 0.0, 1.0)
    assert (second.id, second.recording, second.start) == ("toy_1", "toy_a", 1.0)


def test_nothing_is_read_where_audio_is_missing(tmp_path):
    metadata, audio = write_toy(tmp_path)
    (audio / "sub" / "u 35.wav").unlink()
    with pytest.raises(InputError, match=r"toy_test_fold_1\.jsonl:6: no audio .*u 35\.wav \(1 of 10 files are missing"):
        read_sets(metadata, audio, fold=1)
    assert len(read_sets(metadata, audio, fold=1, skip_bad=True)["test"]) == 9


# corpus, list, utterances kept, speakers told by the paths, emotions, one utterance's id
CORPORA = [
    ("asvpesd", None, 12227, 131, 9, "asvpesd_150-03-02-04-01-52-150-04-01-00-14_-03"),
    ("casia", 2, 1200, 4, 6, "casia_wangzhe-239-wangzhe-fear"),
    ("emodb", 5, 535, 10, 7, "03a01Fa"),
    ("emovdb", None, 6887, 4, 5, "emovdb_sam-sam-Disgust-0138"),
    ("emovo", 6, 588, 6, 7, "emovo_f1-gio-f1-n1"),
    ("esd", 1, 7000, 4, 5, "esd_0011-0011-001237"),
    ("iemocap", None, 5531, 10, 4, "iemocap_Ses03M-Ses03M_impro08a_M017"),
    ("m3ed", 1, 7017, None, 7, "m3ed_rucikeaidewomen_1_B-rucikeaidewomen_1_4"),
    ("meld", None, 13706, None, 7, "meld_dia0_utt0-train"),
    ("mesd", 1, 862, None, 6, "mesd_Happiness_F_A_de_nada"),
    ("pavoque", 1, 6515, None, 4, "pavoque_a0001-neutral"),
    ("savee", None, 480, 4, 7, "savee_KL-KL-sa08"),
]
LANGUAGES = {"asvpesd": None, "casia": "zh", "emodb": "de", "emovo": "it", "m3ed": "zh", "mesd": "es", "pavoque": None}


@pytest.mark.parametrize("name, fold, size, speakers, emotions, known", CORPORA)
def test_reads_emobox_metadata(shared, tmp_path, name, fold, size, speakers, emotions, known):
    metadata = shared / "data" / "emobox" / "data" / name
    for path in metadata.rglob("*.jsonl"):  # audio of other corpora is not there: empty files stand for it
        for line in path.read_text().splitlines():
            wav = tmp_path / json.loads(line)["wav"]
            wav.parent.mkdir(parents=True, exist_ok=True)
            wav.touch()
    sets = read_sets(metadata, tmp_path / "downloads" / name, fold=fold)
    utterances = [utt for utts in sets.values() for utt in utts]
    assert len(utterances) == len({utt.id for utt in utterances}) == size
    assert len(label_set(metadata, sets)) == emotions
    assert known in {utt.id for utt in utterances}
    assert all(utt.id.startswith(utt.speaker) and len(utt.id.split()) == 1 for utt in utterances)
    assert speakers is None or len({utt.speaker for utt in utterances}) == speakers
    assert {utt.emotion for utt in utterances} <= set(label_set(metadata, sets))
    expected = {"zh", "en"} if name == "esd" else {LANGUAGES.get(name, "en")}
    assert {utt.language for utt in utterances} == expected


def test_facts_of_speakers_come_from_paths_and_from_the_corpus(shared, tmp_path):
    genders = {}
    for name in ("savee", "emovo"):
        metadata = shared / "data" / "emobox" / "data" / name
        for line in (metadata / f"{name}.jsonl").read_text().splitlines():
            wav = tmp_path / json.loads(line)["wav"]
            wav.parent.mkdir(parents=True, exist_ok=True)
            wav.touch()
        utterances = read_sets(metadata, tmp_path / "downloads" / name)["all"]
        genders[name] = {utt.speaker: utt.gender for utt in utterances}
    assert genders["savee"] == {f"savee_{speaker}": "m" for speaker in ("DC", "JE", "JK", "KL")}
    assert genders["emovo"] == {f"emovo_{sex}{number}": sex for sex in "fm" for number in (1, 2, 3)}
