"""Data directories go into arks and back, with the same samples, also after an interruption."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, noise16

from c2ser.data.audio import read_audio
from c2ser.data.audio_copy import copy_audio
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError


@pytest.fixture
def corpus(tmp_path) -> Path:
    """Forty utterances, WAV and FLAC, one of them at another rate."""
    folder, utterances = tmp_path / "töne", []
    folder.mkdir()
    for number in range(40):
        path = folder / f"{number:02d}.{'wav' if number % 2 else 'flac'}"
        soundfile.write(path, noise16(2000 + 100 * number) // 2, RATE if number else 8000, subtype="PCM_16")
        utterances.append(Utterance(f"a-{number:02d}", path, "a", "happy", f"word {number}", "en", "f"))
    DataDir(tmp_path / "data").write(utterances, ["happy"])
    return tmp_path / "data"


def waveforms(directory: Path) -> dict[str, np.ndarray]:
    return {utt: read_audio(place) for utt, place in read_table(directory / "wav.scp").items()}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_into_arks_and_back(corpus, tmp_path):
    assert copy_audio(corpus, tmp_path / "arks") == 40
    assert copy_audio(tmp_path / "arks", tmp_path / "files", audio_format="flac") == 40
    assert sorted(path.name for path in (tmp_path / "arks/audio").iterdir()) == ["1.0001.ark", "1.0001.ark.index"]
    assert len(list((tmp_path / "files/audio").iterdir())) == 40
    known = waveforms(corpus)
    for copy in ("arks", "files"):
        copied = waveforms(tmp_path / copy)
        assert copied.keys() == known.keys()
        for utt, samples in known.items():
            tolerance = 0.51 / 32768 if utt == "a-00" else 0  # resampled to floating point, stored in 16 bits
            assert np.abs(copied[utt] - samples).max() <= tolerance
        assert (tmp_path / copy / "text").read_bytes() == (corpus / "text").read_bytes()
        assert DataDir(tmp_path / copy).validate() == []
    assert (tmp_path / "files/audio/a-02.flac").read_bytes() == Path(
        read_table(corpus / "wav.scp")["a-02"]
    ).read_bytes()


def test_files_that_need_no_conversion_stay_where_they_are(corpus, tmp_path):
    copy_audio(corpus, tmp_path / "files", audio_format="flac")
    before, after = read_table(corpus / "wav.scp"), read_table(tmp_path / "files/wav.scp")
    assert {utt for utt in before if before[utt] != after[utt]} == {"a-00"}


def test_it_goes_on_after_audio_that_cannot_be_used(corpus, tmp_path):
    whole = tmp_path / "whole"
    copy_audio(corpus, whole, audio_dir=tmp_path / "audio")
    expected = files(tmp_path / "audio")
    for path in (tmp_path / "audio").iterdir():
        path.unlink()
    broken = Path(read_table(corpus / "wav.scp")["a-30"])
    content = broken.read_bytes()
    broken.write_bytes(content[:100])
    with pytest.raises(InputError, match="a-30"):
        copy_audio(corpus, tmp_path / "again", audio_dir=tmp_path / "audio")
    assert not (tmp_path / "again/wav.scp").exists() and list((tmp_path / "audio").glob("*.ark"))
    broken.write_bytes(content)
    copy_audio(corpus, tmp_path / "again", audio_dir=tmp_path / "audio")
    assert files(tmp_path / "audio") == expected
    assert (tmp_path / "again/wav.scp").read_bytes() == (whole / "wav.scp").read_bytes()


def test_a_copy_that_was_damaged_is_made_again(corpus, tmp_path):
    copy_audio(corpus, tmp_path / "arks")
    ark = tmp_path / "arks/audio/1.0001.ark"
    expected = ark.read_bytes()
    ark.write_bytes(expected[:-500])
    assert any("truncated" in fault for fault in DataDir(tmp_path / "arks").validate())
    copy_audio(corpus, tmp_path / "arks")
    assert ark.read_bytes() == expected and DataDir(tmp_path / "arks").validate() == []


def test_not_into_itself(corpus):
    with pytest.raises(InputError, match="the output is the data directory itself"):
        copy_audio(corpus, corpus)
