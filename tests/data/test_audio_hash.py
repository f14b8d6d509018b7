"""The same samples have the same hash, whatever they are stored as."""

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, encoded, noise16
from helpers.data_dirs import spk2utt, write_tables

from c2ser.data import audio_hash as module
from c2ser.data.audio_hash import audio_hash, audio_hashes
from c2ser.errors import InputError

KINDS = {
    "wav": {"format": "WAV", "subtype": "PCM_16"},
    "wav24": {"format": "WAV", "subtype": "PCM_24"},
    "float": {"format": "WAV", "subtype": "FLOAT"},
    "flac": {"format": "FLAC", "subtype": "PCM_16"},
    "aiff": {"format": "AIFF", "subtype": "PCM_16"},
}


def write_set(directory, contents):
    """A data directory of one utterance per file content."""
    directory.mkdir(parents=True)
    for name, content in contents.items():
        (directory / f"{name}.audio").write_bytes(content)
    utt2spk = {name: name[:1] for name in contents}
    wavs = {name: directory / f"{name}.audio" for name in contents}
    return write_tables(directory, {"wav.scp": wavs, "utt2spk": utt2spk, "spk2utt": spk2utt(utt2spk)})


def test_headers_codings_and_channels_do_not_count(tmp_path):
    samples = noise16(2000)
    contents = {name: encoded(samples / 32768, RATE, **kind) for name, kind in KINDS.items()}
    contents["stereo"] = encoded(np.stack([samples, samples], axis=1), 44100, format="WAV", subtype="PCM_16")
    contents["other"] = encoded(np.roll(samples, 1), RATE, format="WAV", subtype="PCM_16")
    found = dict(audio_hashes(write_set(tmp_path / "set", contents), journal=tmp_path / "hashes" / "set.jsonl"))
    assert found.keys() == contents.keys()
    assert len({found[name] for name in (*KINDS, "stereo")}) == 1 and found["other"] != found["wav"]
    assert found["wav"] == audio_hash(samples / 32768)


def test_an_interrupted_call_goes_on_where_it_was(tmp_path, monkeypatch):
    contents = {f"a{i}": encoded(noise16(100 + i), RATE, format="WAV") for i in range(6)}
    data, journal = write_set(tmp_path / "set", contents), tmp_path / "hashes" / "set.jsonl"
    monkeypatch.setattr(module, "BATCH", 2)
    (tmp_path / "set" / "a5.audio").write_bytes(b"broken")
    with pytest.raises(InputError, match="a5"):
        dict(audio_hashes(data, journal=journal))
    assert len(journal.read_text().splitlines()) == 2
    (tmp_path / "set" / "a5.audio").write_bytes(contents["a4"])
    opened = []
    real = soundfile.SoundFile
    monkeypatch.setattr(soundfile, "SoundFile", lambda *args, **kind: opened.append(1) or real(*args, **kind))
    found = dict(audio_hashes(data, journal=journal))
    assert len(found) == 6 and found["a5"] == found["a4"] and 0 < len(opened) <= 4


def test_a_table_of_hashes_is_taken_as_it_is(tmp_path):
    data = write_set(tmp_path / "set", {"a1": b"no audio", "a2": b"no audio"})
    write_tables(tmp_path / "set", {"utt2audio_hash": {"a1": "cafe"}})
    assert dict(audio_hashes(data, journal=tmp_path / "hashes" / "set.jsonl")) == {"a1": "cafe", "a2": None}
    assert not (tmp_path / "hashes").exists()


def test_unusable_audio_is_left_out_where_that_is_allowed(tmp_path):
    data = write_set(tmp_path / "set", {"a1": encoded(noise16(100), RATE, format="WAV"), "a2": b""})
    assert dict(audio_hashes(data, journal=tmp_path / "1.jsonl", skip_bad=True)).keys() == {"a1"}
