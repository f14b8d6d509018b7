"""Audio that ffmpeg reads, where it is installed; without it, one line that says what to do."""

import io
import os
import subprocess
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, encoded, tone

from c2ser.data.audio import read_audio
from c2ser.data.decode import decode, open_audio
from c2ser.data.ffmpeg import Bounds, foreign_kind
from c2ser.data.location import AudioLocation
from c2ser.errors import InputError

SPEECH = 3 * 440.0  # Hz, of the centre channel
MPEG4 = b"\0\0\0\x20ftypisom" + bytes(100)  # the beginning of one


def made_by(ffmpeg: str, path: Path, *options: str, samples: np.ndarray) -> Path:
    source = path.with_suffix(".source.wav")
    source.write_bytes(encoded(samples, format="WAVEX" if samples.ndim > 1 else "WAV"))
    subprocess.run([ffmpeg, "-v", "error", "-y", "-i", source, *options, path], check=True, stdin=subprocess.DEVNULL)
    return path


def loudest(samples: np.ndarray) -> float:
    """Hz of the highest line of the spectrum."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples))


@pytest.mark.parametrize("name", ["a.m4a", "a.mp4", "ä b:1.mp4", "-a.webm", "a.avi"])
def test_formats_that_ffmpeg_reads(ffmpeg, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    made_by(ffmpeg, tmp_path / name, samples=tone())
    recording = AudioLocation.parse(name).read()
    assert recording.seconds == pytest.approx(1.0, abs=0.1) and recording.channels == 1
    assert loudest(read_audio(name)[:RATE]) == pytest.approx(440, abs=5)
    assert AudioLocation.parse(name).num_samples() == len(read_audio(name))
    assert len(decode(io.BytesIO(Path(name).read_bytes()), name).samples) == len(recording.samples)


@pytest.mark.parametrize("name", ["a.mka", "a.mov", "a.flv", "a.wv", "a.tta", "a.ac3", "a.mpg"])
def test_rarer_formats_are_known_by_their_first_bytes(ffmpeg, tmp_path, name):
    made_by(ffmpeg, tmp_path / name, "-ar", "44100", samples=tone())
    assert foreign_kind((tmp_path / name).read_bytes()[:16])
    assert AudioLocation.parse(tmp_path / name).read().seconds == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("name, coding", [("a.ogg", "flac"), ("a.wav", "wmav2")])
def test_codings_that_libsndfile_lacks_are_read_by_ffmpeg(ffmpeg, tmp_path, monkeypatch, name, coding):
    location = AudioLocation.parse(made_by(ffmpeg, tmp_path / name, "-c:a", coding, samples=tone()))
    assert location.read().seconds == pytest.approx(1.0, abs=0.1)
    assert location.num_samples() == pytest.approx(RATE, rel=0.1)
    monkeypatch.setenv("PATH", str(tmp_path))
    for read in (location.read, location.native_length):
        with pytest.raises(InputError, match=f"{name}: broken or not audio"):
            read()


@pytest.mark.parametrize("head", ["", "RIFF", "OggS", "#!AMR\n"])
def test_what_a_file_names_is_not_fetched(ffmpeg, tmp_path, head):
    """A playlist in a file of another kind: ffmpeg goes by its content."""
    soundfile.write(tmp_path / "secret.wav", tone(), RATE)
    for playlist in (
        f"#EXTM3U\n#EXTINF:1,\n{tmp_path}/secret.wav\n",
        f"ffconcat version 1.0\nfile {tmp_path}/secret.wav",
    ):
        (tmp_path / "a.m4a").write_text(head + playlist)
        with pytest.raises(InputError, match=r"a\.m4a: broken"):
            read_audio(tmp_path / "a.m4a")


def test_a_playlist_that_begins_like_audio_is_not_followed(ffmpeg, tmp_path):
    """An XML comment has the mark of QuickTime in the right place, and DASH is recognised by what comes later."""
    made_by(ffmpeg, tmp_path / "secret.m4a", samples=tone())
    kind = 'mimeType="audio/mp4" codecs="mp4a.40.2" bandwidth="64000" audioSamplingRate="16000"'
    path = tmp_path / "a.m4a"
    path.write_text(
        '<!--free--><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011"'
        ' type="static" mediaPresentationDuration="PT1S"><Period id="0" start="PT0S">'
        f'<AdaptationSet id="0" contentType="audio"><Representation id="0" {kind}>'
        f"<BaseURL>file://{tmp_path}/secret.m4a</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )
    assert foreign_kind(path.read_bytes()[:16]) == "QuickTime (mov)"
    for read in (lambda: read_audio(path), lambda: decode(io.BytesIO(path.read_bytes()), "a.m4a")):
        with pytest.raises(InputError, match=r"a\.m4a: broken, or without sound: ffmpeg cannot read it"):
            read()


def test_of_a_stranger_no_more_than_the_bounds_is_decoded(ffmpeg, tmp_path):
    content = made_by(ffmpeg, tmp_path / "a.m4a", samples=tone(seconds=60)).read_bytes()
    with open_audio(io.BytesIO(content), "a.m4a", bounds=Bounds(5, 60)) as audio:
        assert audio.num_samples == 6 * RATE
    many = np.zeros((RATE, 64), np.int16)
    content = made_by(ffmpeg, tmp_path / "a.mka", "-c:a", "pcm_s16le", "-ar", "192000", samples=many).read_bytes()
    with pytest.raises(InputError, match=r"^a\.mka: more than 3 MB when decoded; send fewer channels$"):
        with open_audio(io.BytesIO(content), "a.mka", bounds=Bounds(0.5, 60)):
            pass


@pytest.fixture
def endless(tmp_path, monkeypatch):
    """A program in the place of ffmpeg that does not end; returns whether it still runs."""
    program, pid = tmp_path / "ffmpeg", tmp_path / "pid"
    program.write_text(f"#!/bin/sh\necho $$ > '{pid}.new'; mv '{pid}.new' '{pid}'; exec sleep 100\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return pid, lambda: Path("/proc", pid.read_text().strip()).exists()


def test_a_program_that_takes_too_long_is_ended(endless):
    pid, runs = endless
    with pytest.raises(InputError, match=r"^a\.m4a: ffmpeg needs more than 1 s; send a part of it, or another format$"):
        with open_audio(io.BytesIO(MPEG4), "a.m4a", bounds=Bounds(5, 1)):
            pass
    assert pid.exists() and not runs()


def test_a_program_whose_result_nobody_waits_for_is_ended(endless):
    pid, runs = endless
    bounds = Bounds(5, 100)

    def give_up():
        while not pid.exists():
            time.sleep(0.01)
        assert runs()
        bounds.given_up.set()

    Thread(target=give_up, daemon=True).start()
    with pytest.raises(InputError), open_audio(io.BytesIO(MPEG4), "a.m4a", bounds=bounds):
        pass
    assert not runs()


@pytest.mark.parametrize("layout, channels, centre", [("5.1", 6, True), ("5.0", 5, True), ("quad", 4, False)])
def test_the_centre_channel_is_taken_where_there_is_one(ffmpeg, tmp_path, layout, channels, centre):
    samples = np.stack([tone(hertz=440)] * channels, axis=1)
    samples[:, 2] = tone(hertz=SPEECH)
    path = made_by(ffmpeg, tmp_path / "a.mp4", "-af", f"aformat=channel_layouts={layout}", samples=samples)
    recording = AudioLocation.parse(path).read()
    assert (recording.channels, recording.centre) == (channels, centre)
    assert loudest(recording.samples[:RATE]) == pytest.approx(SPEECH if centre else 440, abs=5)


def test_what_ffmpeg_cannot_read_is_one_line(ffmpeg, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(MPEG4)
    with pytest.raises(
        InputError, match=r"a\.mp4: broken, or without sound: ffmpeg cannot read it \(.*\); replace"
    ) as error:
        read_audio(path)
    assert "\n" not in str(error.value)


def test_without_ffmpeg_one_line_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.mp4").write_bytes(MPEG4)
    message = (
        r"a\.mp4: MPEG-4 \(mp4, m4a\) needs the program ffmpeg, which is not on PATH; install it .*apt-get install"
    )
    for what in (AudioLocation.read, AudioLocation.native_length):
        with pytest.raises(InputError, match=message) as error:
            what(AudioLocation.parse(tmp_path / "a.mp4"))
        assert "\n" not in str(error.value)


def test_the_content_decides_and_not_the_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.mp4").write_bytes(encoded(tone(), format="WAV"))
    assert len(read_audio(tmp_path / "a.mp4")) == RATE
    assert foreign_kind(b"RIFF\0\0\0\0AVI LIST") == "AVI" and foreign_kind(b"fLaC") is None
