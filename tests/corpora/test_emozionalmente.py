"""Emozionalmente: its tables tell who speaks, what and how."""

from pathlib import Path

import pytest

from c2ser.corpora.emozionalmente import read, utterance
from c2ser.errors import InputError

SAMPLES = (
    'id,file_name,actor,sentence,emotion_expressed\n1,11.wav,a1,Vorrei,joy\n2,12.wav,b 2,"Si, vorrei",neutrality\n'
)


@pytest.fixture
def corpus(tmp_path) -> Path:
    for folder in ("audio", "metadata"):
        (tmp_path / folder).mkdir()
    for name in ("11.wav", "12.wav"):
        (tmp_path / "audio" / name).touch()
    (tmp_path / "metadata" / "samples.csv").write_text(SAMPLES)
    (tmp_path / "metadata" / "users.csv").write_text("username,gender,age\na1,Female,30\nb 2,other,20\n")
    return tmp_path


def test_tables_tell_actor_sex_sentence_and_emotion(corpus):
    first, second = read(corpus)
    assert (first.id, first.speaker, first.gender) == ("emozionalmente_a1-11", "emozionalmente_a1", "f")
    assert (first.emotion, first.text, first.language) == ("happy", "Vorrei", "it")
    assert (second.speaker, second.gender, second.text) == ("emozionalmente_b_2", None, "Si, vorrei")


def test_without_tables_the_speaker_is_unknown(tmp_path):
    found = utterance(tmp_path / "audio" / "11.wav")
    assert found.id == found.speaker == "emozionalmente_11" and found.emotion is None
    with pytest.raises(InputError, match=r"metadata/samples\.csv: no such file"):
        list(read(tmp_path))


@pytest.mark.parametrize(
    "table, fault",
    [
        (SAMPLES.replace("joy", "joyy"), r"samples\.csv:2: actor 'a1', emotion 'joyy': not a row"),
        (SAMPLES.replace("actor", "speaker"), r"samples\.csv:2: a row needs file_name, actor, sentence, emotion_expr"),
        (SAMPLES.replace("12.wav", "13.wav"), r"audio/12\.wav: not in .*samples\.csv"),
    ],
)
def test_faulty_tables_name_their_line(corpus, table, fault):
    (corpus / "metadata" / "samples.csv").write_text(table)
    with pytest.raises(InputError, match=fault):
        list(read(corpus))
