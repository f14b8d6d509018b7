"""IEMOCAP from its labels and transcripts."""

import logging
from pathlib import Path

import pytest
from helpers.raw_corpora import lay_out

from c2ser.corpora import get_corpus, iemocap
from c2ser.corpora.common.preparation import Division, prepare_sets
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.errors import InputError

CODES = ("neu", "exc", "ang", "hap", "sad", "sur", "dis", "fea", "fru", "xxx")
NAMES = ("F000", "M001", *(f"F00{number}" for number in range(2, 9)), "MXX0")


def labels(dialogue: str) -> str:
    """A file of labels, with those of single listeners after each turn."""
    lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    for name, code in zip(NAMES, CODES):
        lines += [f"[6.2901 - 8.2357]\t{dialogue}_{name}\t{code}\t[2.5000, 2.5000, 2.5000]", "C-E2:\tNeutral;\t()", ""]
    return "\n".join(lines)


TRANSCRIPTS = """{0}_F000 [006.2901-008.2357]: Excuse me. [LAUGHTER]
{0}_M001 [010.0100-011.3925]: [BREATHING]
{0}_F002 [011.0100-012.3925]:
{0}_F003 [012.0100-013.3925]: No.
M: Yeah.
"""


@pytest.fixture
def source(tmp_path) -> Path:
    for session in range(1, 6):
        dialogue = f"Ses0{session}F_impro01"
        folder = tmp_path / "IEMOCAP_full_release" / f"Session{session}" / "dialog"
        for name, content in (("EmoEvaluation", labels(dialogue)), ("transcriptions", TRANSCRIPTS.format(dialogue))):
            (folder / name / "Categorical").mkdir(parents=True)
            (folder / name / f"{dialogue}.txt").write_text(content)
            (folder / name / f"._{dialogue}.txt").write_bytes(b"\0\5\x16\7")  # what macOS puts into archives
            (folder / name / "Categorical" / f"{dialogue}_e1_cat.txt").write_text("one listener's")
    wavs = [f"Session{i}/sentences/wav/Ses0{i}F_impro01/Ses0{i}F_impro01_{n}.wav" for i in range(1, 6) for n in NAMES]
    lay_out(tmp_path / "IEMOCAP_full_release", wavs)
    return tmp_path


def test_reads_labels_and_words_and_the_last_letter_is_who_speaks(source, caplog):
    caplog.set_level(logging.INFO)
    utterances = list(iemocap.read(source))
    assert len(utterances) == 45 and "left out 5 of 50 utterances: 'xxx' 5" in caplog.text
    first, second, third, fourth = utterances[:4]
    assert (third.text, fourth.text) == (None, "No.")
    assert (first.id, first.speaker, first.gender) == ("iemocap_Ses01F-Ses01F_impro01_F000", "iemocap_Ses01F", "f")
    assert (first.emotion, first.text) == ("neutral", "Excuse me.")
    assert (second.speaker, second.gender, second.emotion, second.text) == ("iemocap_Ses01M", "m", "excited", None)


def test_one_session_is_left_out(source, tmp_path):
    division = Division("session", fold=5)
    prepare_sets(get_corpus("iemocap"), source, data_dir=tmp_path / "data", division=division)
    speakers = {name: set(DataDir(tmp_path / "data" / name).read(names.SPK2GENDER)) for name in ("dev", "test")}
    assert speakers == {name: {f"iemocap_Ses0{n}{sex}" for sex in "FM"} for name, n in (("dev", 1), ("test", 5))}


def test_what_is_missing_is_named(source, tmp_path):
    wav = next((source / "IEMOCAP_full_release").glob("Session1/sentences/wav/*/*_F000.wav"))
    wav.unlink()
    with pytest.raises(InputError, match=r"_F000\.wav: no such file; get it, or leave out what is missing with --skip"):
        prepare_sets(get_corpus("iemocap"), source, data_dir=tmp_path / "data", division=Division("session"))
    label = next((source / "IEMOCAP_full_release").glob("Session1/dialog/EmoEvaluation/Ses*.txt"))
    label.write_text("nothing")
    with pytest.raises(InputError, match=r"Ses01F_impro01\.txt: no line such as"):
        list(iemocap.read(source))
    with pytest.raises(InputError, match="nowhere: no Session1/dialog/EmoEvaluation/Ses.*; get IEMOCAP from https"):
        list(iemocap.read(tmp_path / "nowhere"))
