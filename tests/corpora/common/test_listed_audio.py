"""Tables that list audio, as spreadsheets and scripts save them, and what is wrong with them by line."""

import codecs
import logging
from pathlib import Path

import pytest

from c2ser.corpora import Source, folder
from c2ser.corpora.common.listed_audio import open_listing
from c2ser.errors import InputError

ROWS = [
    {"path": "ann/1.wav", "emotion": "Joy", "speaker": "ann", "text": 'She said: "yes"; no, maybe', "language": "en"},
    {"path": "ann/take 2.wav", "emotion": "sad", "speaker": "ann", "text": "", "language": "DE"},
    {"path": "bob/1.wav", "emotion": "angry", "speaker": "bob", "text": "Ä\u2019", "language": ""},
]


def write_table(path: Path, rows=ROWS, *, separator=",", end="\n", encoding="utf-8", bom=b"", order=1, quote=True):
    """A table with its audio beside it."""
    columns = list(rows[0])[::order]

    def field(value: str) -> str:
        special = any(character in value for character in f'"{separator}')
        return '"' + value.replace('"', '""') + '"' if special or quote else value

    lines = [separator.join(columns), *(separator.join(field(row[name]) for name in columns) for row in rows)]
    path.write_bytes(bom + (end.join(lines) + end).encode(encoding))
    for row in rows:
        wav = path.parent / row["path"]
        wav.parent.mkdir(parents=True, exist_ok=True)
        wav.touch()
    return path


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"separator": ";", "end": "\r\n", "bom": codecs.BOM_UTF8},
        {"separator": "\t", "end": "\r\n", "quote": False},
        {"separator": "\t", "encoding": "utf-16-le", "bom": codecs.BOM_UTF16_LE},
        {"order": -1, "end": "\r"},
    ],
)
def test_tables_of_all_kinds_are_read_alike(tmp_path, form):
    listed = open_listing(write_table(tmp_path / "list.csv", **form))
    assert listed.has_speakers and listed.sets == ()
    first, second, third = listed.read()
    assert [utt.id for utt in (first, second, third)] == ["ann-ann-1", "ann-ann-take_2", "bob-bob-1"]
    assert [utt.emotion for utt in (first, second, third)] == ["happy", "sad", "angry"]
    assert [utt.language for utt in (first, second, third)] == ["en", "de", None]
    assert [utt.text for utt in (first, second, third)] == ['She said: "yes"; no, maybe', None, "Ä\u2019"]
    assert first.wav == tmp_path / "ann/1.wav" and first.speaker == "ann"


def test_columns_in_capitals_others_and_backslashes(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann/1.wav").touch()
    (tmp_path / "list.tsv").write_text("Path ,EMOTION,Valence,Sex\nann\\1.wav,happy,3,Female\n")
    (utterance,) = open_listing(tmp_path / "list.tsv").read()
    assert (utterance.id, utterance.speaker, utterance.gender) == ("ann-1", "ann-1", "f")
    assert utterance.wav == tmp_path / "ann/1.wav"
    assert "columns that are not read: valence" in caplog.text


def test_sets_and_quoted_line_breaks(tmp_path):
    rows = [row | {"split": split} for row, split in zip(ROWS, ("Train", "validation", "test"))]
    rows[0]["text"] = "two\nlines"
    listed = open_listing(write_table(tmp_path / "list.csv", rows))
    assert listed.sets == ("train", "dev", "test")
    assert [utt.text for utt in listed.read("train")] == ["two lines"]
    corpus = folder.open_folder(Source(tmp_path))
    assert corpus.sets == listed.sets and list(corpus.protocols) == ["official"]
    assert [utt.id for utt in corpus.read(tmp_path, "dev")] == ["ann-ann-take_2"]


def test_without_speakers_it_is_divided_by_utterances(tmp_path, caplog):
    write_table(tmp_path / "list.csv", [row | {"speaker": ""} for row in ROWS])
    corpus = folder.open_folder(Source(tmp_path / "list.csv"))
    assert list(corpus.protocols) == ["utterances"] and "figures are optimistic" in caplog.text


def test_rows_without_an_emotion_are_unlabelled(tmp_path, caplog):
    listed = open_listing(write_table(tmp_path / "list.csv", [ROWS[0], ROWS[1] | {"emotion": ""}]))
    assert [utt.emotion for utt in listed.read()] == ["happy", None]
    assert "1 of 2 rows have no emotion" in caplog.text


def changed(row: int, **values: str) -> list[dict[str, str]]:
    rows = [row | {"split": ""} for row in ROWS]
    rows[row - 2] |= values
    return rows


@pytest.mark.parametrize(
    "rows, message",
    [
        (changed(3, emotion="Wut"), r"list\.csv:3: unknown emotion 'Wut'; known are angry, happy"),
        (changed(4, split="eval"), r"list\.csv:4: unknown set 'eval'; known are train"),
        (changed(2, split="test"), r"list\.csv:3: no split, which 1 of 3 rows have"),
        (changed(4, speaker=""), r"list\.csv:4: no speaker, which 2 of 3 rows have"),
        (changed(4, language="German"), r"list\.csv:4: language 'German' is not a code of ISO 639-1"),
        (changed(4, path="ann/1.wav", speaker="ann"), r"list\.csv:4: 'ann/1\.wav' has the same name .*list\.csv:2;"),
        (changed(4, path="ann/1.flac", speaker="ann"), r"list\.csv:4: 'ann/1\.flac' has the same name .*list\.csv:2;"),
        ([ROWS[0] | {"sex": "x"}], r"list\.csv:2: sex 'x' is not one of m, male"),
        ([{"path": "1.wav", "emotions": "sad"}], r"list\.csv:1: no column 'emotion' \(is it 'emotions'\?\); the first"),
        ([{"file": "1.wav", "path": "1.wav", "label": "sad"}], r"list\.csv:1: no column 'emotion'; the first line"),
    ],
)
def test_faults_have_file_and_line(tmp_path, rows, message):
    write_table(tmp_path / "list.csv", [{"path": row["path"]} | row for row in rows])
    with pytest.raises(InputError, match=message) as error:
        open_listing(tmp_path / "list.csv")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text, message",
    [
        (b"path,emotion\na.wav,sad\n\nb.wav,sad\n", r"list\.csv:2: no such file: .*/a\.wav \(2 of 2 rows are like"),
        (b"path,emotion\n,sad\n", r"list\.csv:2: no path"),
        (b"path,emotion\n", r"list\.csv:1: no rows"),
        (b"", r"list\.csv:1: no column 'path'; the first line names none"),
        (
            b"path,emotion,text\na.wav,sad,yes, no\n",
            r"list\.csv:2: 4 fields, but the first line names 3; .*commas",
        ),
        (b'path,emotion\n"a.wav,sad\n', r"list\.csv:2: .*; are its quotes closed\?"),
        (b"path,emotion,path\na.wav,sad,b.wav\n", r"list\.csv:1: 2 columns are called 'path'"),
        (b"path,emotion\nGr\xfc\xdfe.wav,sad\n", r"list\.csv:1: not UTF-8"),
    ],
)
def test_damaged_tables_are_named(tmp_path, text, message):
    (tmp_path / "list.csv").write_bytes(text)
    with pytest.raises(InputError, match=message):
        open_listing(tmp_path / "list.csv")
