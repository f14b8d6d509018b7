"""EmoDB from its folder."""

from collections import Counter
from pathlib import Path

import pytest

from c2ser.corpora import emodb
from c2ser.data.data_dir import DataDir
from c2ser.errors import InputError


@pytest.mark.parametrize("name", ["04a01Fa.wav", "03a03Fa.wav", "03a01Xa.wav", "x.wav"])
def test_refuses_other_file_names(name):
    with pytest.raises(InputError, match=f"{name}: not a file name of EmoDB"):
        emodb.utterance(Path(name))


def test_reads_a_file_name():
    utterance = emodb.utterance(Path("wav/03a01Fa.WAV"))
    assert (utterance.id, utterance.speaker, utterance.emotion, utterance.gender) == ("03a01Fa", "03", "happy", "m")
    assert utterance.text == "Der Lappen liegt auf dem Eisschrank." and utterance.language == "de"


def test_takes_all_formats_in_upper_and_lower_case(tmp_path, caplog):
    (tmp_path / "wav").mkdir()
    for name in ("03a01Fa.WAV", "03a01Nc.flac", "08a01Wa.wav", "notes.pdf", ".03a01Fa.wav"):
        (tmp_path / "wav" / name).touch()
    assert [utterance.id for utterance in emodb.read(tmp_path)] == ["03a01Fa", "03a01Nc", "08a01Wa"]
    assert "left out 1 file that" in caplog.text and "notes.pdf" in caplog.text


def test_without_audio_says_what_to_put_where(tmp_path):
    with pytest.raises(InputError, match=f"{tmp_path}/wav: no audio; get EmoDB from {emodb.SITE}"):
        list(emodb.read(tmp_path))


def test_the_whole_corpus(shared, tmp_path):
    utterances = list(emodb.read(shared / "data" / "emodb"))
    assert len(utterances) == 535
    assert Counter(utt.speaker for utt in utterances).keys() == emodb.CORPUS.speakers.keys()
    counts = {"angry": 127, "bored": 81, "disgusted": 46, "fearful": 69, "happy": 71, "neutral": 79, "sad": 62}
    assert Counter(utt.emotion for utt in utterances) == counts
    data_dir = DataDir(tmp_path / "all")
    assert data_dir.write(utterances, emodb.CORPUS.emotions) == 535
    assert data_dir.validate(emodb.CORPUS.emotions) == []
