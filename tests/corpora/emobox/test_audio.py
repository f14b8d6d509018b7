"""Audio of EmoBox's lists: found below any folder, what is missing or a duplicate is named or left out."""

import numpy as np
import pytest
import soundfile
from helpers.emobox import row, write_rows

from c2ser.corpora.emobox.audio import find_audio
from c2ser.corpora.emobox.metadata import read_rows
from c2ser.errors import InputError


@pytest.fixture
def rows_of(tmp_path):
    """Writes a list and reads it."""

    def write(*rows: dict):
        write_rows(tmp_path / "toy.jsonl", list(rows))
        return list(read_rows(tmp_path / "toy.jsonl"))

    return write


@pytest.fixture
def audio(tmp_path):
    (tmp_path / "toy" / "sub").mkdir(parents=True)
    for name in "abcdefgh":
        (tmp_path / "toy" / "sub" / f"{name}.wav").write_bytes(b"x")
    return tmp_path / "toy"


def test_drops_leading_folders(rows_of, audio, tmp_path):
    rows = rows_of(row("a", "n"), row("b", "n"))
    wavs = [audio / "sub" / "a.wav", audio / "sub" / "b.wav"]
    for folder in (tmp_path, audio, audio / "sub"):
        assert [wav for _, wav in find_audio(rows, folder)] == wavs


@pytest.mark.parametrize("there", ["Dégoût/a", "De\u0301gou\u0302t/a"])
@pytest.mark.parametrize("listed", ["Dégoût/a", "De\u0301gou\u0302t/a", "D‚go–t/a"])
def test_accents_may_be_spelled_in_another_way(rows_of, audio, there, listed):
    (audio / "sub" / f"{there}.wav").parent.mkdir()
    (audio / "sub" / f"{there}.wav").write_bytes(b"x")
    found = find_audio(rows_of(row(listed, "n"), row("b", "n")), audio)
    assert [wav for _, wav in found] == [audio / "sub" / f"{there}.wav", audio / "sub" / "b.wav"]


def test_missing_files_are_counted_and_named_or_left_out(rows_of, audio, caplog):
    rows = rows_of(*(row(name, "n") for name in "aWXbYZ"))
    counted = r"4 of 6 files are missing below .*toy: downloads/toy/sub/W.wav, .*X.wav, .*Y.wav, \.\.\."
    with pytest.raises(InputError, match=rf"toy\.jsonl:2: no audio .*W\.wav \({counted}\); .*--audio_dir.*--skip_bad"):
        find_audio(rows, audio)
    assert [found.line for found, _ in find_audio(rows, audio, skip_bad=True)] == [1, 4]
    assert "left out: 4 of 6 files are missing" in caplog.text and "sub/Y.wav" in caplog.text
    with pytest.raises(InputError, match="2 of 2 files are missing"):
        find_audio(rows[1:3], audio, skip_bad=True)


def test_a_duplicate_row_names_its_line(rows_of, audio, caplog):
    rows = rows_of(row("a", "n"), row("b", "n"), row("a", "n"))
    with pytest.raises(InputError, match=r"toy\.jsonl:3: 'toy-a' is a duplicate of line 1 .*; delete one of the lines"):
        find_audio(rows, audio)
    assert [found.line for found, _ in find_audio(rows, audio, skip_bad=True)] == [1, 2]
    assert "left out: 1 duplicate rows: lines 3" in caplog.text


def test_two_rows_with_one_file(rows_of, audio, caplog):
    same = row("a", "n") | {"key": "toy-other"}
    with pytest.raises(InputError, match=r"toy\.jsonl:2: the same audio as line 1, downloads/toy/sub/a\.wav"):
        find_audio(rows_of(row("a", "n"), same), audio)
    elsewhere = row("a", "n") | {"key": "toy-other", "wav": "downloads/toy/bus/a.wav"}
    with pytest.raises(
        InputError, match=r"toy\.jsonl:2: .*bus/a\.wav would be the same file as .*sub/a\.wav of line 1"
    ):
        find_audio(rows_of(row("a", "n"), elsewhere), audio / "sub")
    parts = [row("a", "n", start_time=i, end_time=i + 1) | {"key": f"toy-{i}"} for i in range(2)]
    assert len(find_audio(rows_of(*parts), audio)) == 2
    again = parts[1] | {"key": "toy-again", "emo": "a"}
    assert len(find_audio(rows_of(*parts, again), audio)) == 3
    assert "1 rows are the same part of a recording as another row, such as line 3 as line 2" in caplog.text


def test_lengths_that_differ_are_counted(rows_of, audio, caplog):
    rows = rows_of(*(row(name, "n") for name in "abc"))
    for name, seconds in (("a", 1.0), ("b", 1.02), ("c", 1.5)):
        soundfile.write(audio / "sub" / f"{name}.wav", np.zeros(int(seconds * 8000)), 8000)
    (audio / "sub" / "d.wav").write_bytes(b"\0\0\0\x20ftypisom")  # of an MP4 only ffmpeg tells the length
    find_audio([*rows, *rows_of(row("d", "n"))], audio)
    assert "1 of 3 audio files differ in length from the metadata" in caplog.text
