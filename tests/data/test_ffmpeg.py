"""Audio that ffmpeg reads, where it is installed; without it, one line that says what to do."""

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, encoded, tone

from c2ser.data.audio import read_audio
from c2ser.data.decode import decode
from c2ser.data.ffmpeg import foreign_kind
from c2ser.data.location import AudioLocation
from c2ser.errors import InputError

SPEECH = 3 * 440.0  # Hz, of the centre channel


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


def test_what_a_file_names_is_not_fetched(ffmpeg, tmp_path):
    """A playlist in a file of another kind: ffmpeg goes by its content."""
    soundfile.write(tmp_path / "secret.wav", tone(), RATE)
    playlist = f"#EXTM3U\n#EXTINF:1,\n{tmp_path}/secret.wav\n"
    for head in ("", "RIFF"):
        (tmp_path / "a.m4a").write_text(head + playlist)
        with pytest.raises(InputError, match=r"a\.m4a: broken"):
            read_audio(tmp_path / "a.m4a")


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
    path.write_bytes(b"\0\0\0\x20ftypisom" + bytes(100))
    with pytest.raises(
        InputError, match=r"a\.mp4: broken, or without sound: ffmpeg cannot read it \(.*\); replace"
    ) as error:
        read_audio(path)
    assert "\n" not in str(error.value)


def test_without_ffmpeg_one_line_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(100))
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
