"""Locations of audio: files, places in arks, and commands."""

import io
import os
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, encoded, headerless_mp3, noise16, tone

from c2ser.data.audio import read_audio
from c2ser.data.location import AudioLocation
from c2ser.data.views import Slice
from c2ser.errors import InputError


def refusal(value: object, **options: bool) -> str:
    with pytest.raises(InputError) as error:
        AudioLocation.parse(value).read(**options)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def wav(tmp_path) -> Path:
    path = tmp_path / "böse  Stimmen 愤怒" / "ein lautes „Nein“.wav"
    path.parent.mkdir()
    soundfile.write(path, noise16(), RATE)
    return path


def test_a_file(wav):
    location = AudioLocation.parse(wav)
    assert (str(location), location.path, location.offset, location.is_pipe) == (str(wav), str(wav), None, False)
    assert location.exists() and not AudioLocation.parse(f"{wav}.gone").exists()
    assert np.array_equal(location.read().samples * 32768, noise16())
    assert location.native_length() == (RATE, RATE)


def test_length_at_16_khz_is_that_of_the_resampled_waveform(tmp_path):
    for rate in (8000, 11025, 44100):
        soundfile.write(tmp_path / "a.wav", tone(rate, seconds=0.777), rate)
        assert AudioLocation.parse(tmp_path / "a.wav").num_samples() == len(read_audio(tmp_path / "a.wav"))


def test_length_of_mp3_that_does_not_state_it(tmp_path):
    (tmp_path / "a.mp3").write_bytes(headerless_mp3("VARIABLE"))
    location = AudioLocation.parse(tmp_path / "a.mp3")
    assert location.native_length() == (len(location.read().samples), 44100)


@pytest.mark.parametrize(
    "options",
    [
        {"write_function": "soundfile", "write_kwargs": {"format": "flac"}},
        {"write_function": "soundfile"},
        {},
    ],
    ids=["FLAC", "WAV of kaldiio", "WAV of Kaldi"],
)
def test_places_in_an_ark(tmp_path, options):
    contents = {"a": noise16(), "böse": noise16(8000), "c": noise16(9000)}
    ark, scp = tmp_path / "audio 1.ark", tmp_path / "audio.scp"
    kaldiio.save_ark(str(ark), {utt: (RATE, samples) for utt, samples in contents.items()}, scp=str(scp), **options)
    for line in scp.read_text(encoding="utf-8").splitlines():
        utt, value = line.split(" ", 1)
        location = AudioLocation.parse(value)
        assert location.path == str(ark) and location.exists()
        assert np.array_equal(location.read().samples * 32768, contents[utt])
        assert location.num_samples() == len(contents[utt])


def test_flac_in_an_ark_as_it_is(tmp_path):
    ark, flac = tmp_path / "a.ark", encoded(noise16(), format="FLAC")
    ark.write_bytes(b"a " + flac + b"b " + flac)
    assert np.array_equal(AudioLocation.parse(f"{ark}:2").read().samples * 32768, noise16())


def test_faulty_places_in_an_ark(tmp_path):
    ark = tmp_path / "a.ark"
    kaldiio.save_ark(str(ark), {"a": (RATE, noise16())}, write_function="soundfile")
    whole = ark.read_bytes()
    ark.write_bytes(whole[:-1000])
    assert "a.ark:2: truncated: 31044 of 32044 bytes" in refusal(f"{ark}:2")
    assert "a.ark:5: broken or not audio" in refusal(f"{ark}:5")
    assert "a.ark:99999: empty" in refusal(f"{ark}:99999")
    assert "gone.ark: no such file" in refusal(f"{tmp_path}/gone.ark:7")


def test_a_file_whose_name_ends_like_a_place_in_an_ark(tmp_path):
    path = tmp_path / "rec:12"
    path.write_bytes(encoded(noise16(), format="WAV"))
    assert AudioLocation.parse(path).offset is None and len(AudioLocation.parse(path).read().samples) == RATE


def test_stamps_change_with_the_content(wav, tmp_path):
    before = AudioLocation.parse(wav).stamp()
    assert AudioLocation.parse(wav).stamp() == before
    os.utime(wav, ns=(0, 1))
    assert AudioLocation.parse(wav).stamp() != before
    assert AudioLocation.parse(tmp_path / "gone").stamp() == (str(tmp_path / "gone"), None, None, None)
    assert AudioLocation.parse(f"{wav}:1").stamp() != AudioLocation.parse(f"{wav}:2").stamp()
    assert AudioLocation.parse("cat a |").stamp() != AudioLocation.parse("cat b |").stamp()


def test_what_cannot_be_opened(tmp_path, wav):
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    assert "no such file; check the path" in refusal(tmp_path / "gone.wav")
    assert "a directory" in refusal(tmp_path)
    assert "symbolic links" in refusal(tmp_path / "loop.wav")
    assert "Not a directory" in refusal(wav / "x.wav")
    assert "too long" in refusal(tmp_path / ("x" * 300))
    assert "null" in refusal("a\0b.wav")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(wav):
    wav.chmod(0)
    assert "Permission denied" in refusal(wav)


def test_pipes_run_only_where_allowed_and_without_a_shell(tmp_path, wav):
    made = tmp_path / "made"
    assert "is a shell pipe" in refusal(f"touch {made} |")
    assert not made.exists()
    location = AudioLocation.parse(f"cat '{wav}' |")
    assert location.is_pipe and location.exists() and location.path is None
    assert np.array_equal(location.read(allow_pipe=True).samples * 32768, noise16())
    assert location.num_samples(allow_pipe=True) == RATE
    assert "0 samples" in refusal(f"echo $(touch {made}) > {made} ; true |", allow_pipe=True) or not made.exists()
    assert not made.exists()


@pytest.mark.parametrize(
    "value, message",
    [
        ('cat "a.wav |', "not a command"),
        ("|", "not one command"),
        ("sph2pipe a.sph | sox - -t wav - |", "not one command"),
        ("no-such-program-at-all |", "the command failed"),
        ("false |", "the command failed"),
        ("true |", "0 samples"),
    ],
)
def test_commands_that_give_no_audio(value, message):
    assert message in refusal(value, allow_pipe=True)


def test_views_read_as_files_of_their_own():
    view = io.BufferedReader(Slice(io.BytesIO(b"0123456789"), 2, size=5))
    assert view.read() == b"23456"
    view.seek(-2, io.SEEK_END)
    assert view.read(1) == b"5" and view.tell() == 4
