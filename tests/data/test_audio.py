"""Audio input: what is converted, and what is refused with which words."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from c2ser.data.audio import SAMPLE_RATE, read_audio, utterance_audio
from c2ser.errors import InputError


@pytest.fixture
def pcm16() -> np.ndarray:
    return np.random.default_rng(0).integers(-32768, 32768, SAMPLE_RATE).astype(np.int16)


def tone(rate: int, seconds: float = 1.0, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def encoded(samples: np.ndarray, rate: int = SAMPLE_RATE, **kind: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **kind)
    return file.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read_audio(path)
    message = str(error.value)
    assert str(path) in message and "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_16_bit_mono_16_khz_keeps_every_value(tmp_path, pcm16, kind):
    path = tmp_path / "a"
    path.write_bytes(encoded(pcm16, format=kind, subtype="PCM_16"))
    audio = read_audio(path)
    assert audio.dtype == np.float32
    assert np.array_equal((audio * 32768).astype(np.int16), pcm16)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_any_rate_becomes_the_same_tone_at_16_khz(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(rate), rate, subtype="FLOAT")
    audio = read_audio(tmp_path / "a.wav")
    assert len(audio) == pytest.approx(SAMPLE_RATE, abs=2)
    inner = slice(500, SAMPLE_RATE - 500)  # away from the filter's edges
    assert np.abs(audio[inner] - tone(SAMPLE_RATE)[inner]).max() < 0.01


def test_tone_above_8_khz_does_not_alias(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(48000, hertz=10000), 48000)
    assert np.abs(read_audio(tmp_path / "a.wav")[500:-500]).max() < 0.01


def test_stereo_becomes_the_mean_of_its_channels(tmp_path):
    left, right = tone(SAMPLE_RATE), tone(SAMPLE_RATE, hertz=1000)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), SAMPLE_RATE, subtype="FLOAT")
    assert np.allclose(read_audio(tmp_path / "a.wav"), (left + right) / 2, atol=1e-6)


@pytest.mark.parametrize("subtype, step", [("PCM_24", 2**-23), ("FLOAT", 2**-24), ("PCM_U8", 2**-7)])
def test_other_sample_widths(tmp_path, subtype, step):
    soundfile.write(tmp_path / "a.wav", tone(SAMPLE_RATE), SAMPLE_RATE, subtype=subtype)
    assert np.abs(read_audio(tmp_path / "a.wav") - tone(SAMPLE_RATE)).max() <= step


def test_path_with_spaces_and_other_scripts(tmp_path, pcm16):
    path = tmp_path / "böse  Stimmen 愤怒" / "ein lautes „Nein“.wav"
    path.parent.mkdir()
    soundfile.write(path, pcm16, SAMPLE_RATE)
    assert len(read_audio(path)) == len(pcm16)


@pytest.mark.parametrize("kept", [44, 1000, 32043])
def test_truncated_wav(tmp_path, pcm16, kept):
    path = tmp_path / "cut.wav"
    path.write_bytes(encoded(pcm16, format="WAV")[:kept])
    message = refusal(path)
    assert f"truncated: {kept - 44} of 32000 bytes" in message and "copy it again" in message


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_truncated_flac(tmp_path, pcm16, share):
    path, whole = tmp_path / "cut.flac", encoded(pcm16, format="FLAC")
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "broken" in refusal(path) or "truncated" in refusal(path)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_wav_written_to_a_pipe_states_no_true_size(tmp_path, pcm16, size):
    whole = encoded(pcm16, format="WAV", subtype="PCM_16")
    streamed = whole[:4] + size.to_bytes(4, "little") + whole[8:40] + size.to_bytes(4, "little") + whole[44:]
    (tmp_path / "a.wav").write_bytes(streamed)
    assert len(read_audio(tmp_path / "a.wav")) == len(pcm16)


def test_chunk_after_the_samples_is_no_truncation(tmp_path, pcm16):
    (tmp_path / "a.wav").write_bytes(encoded(pcm16, format="WAV") + b"LIST\x04\x00\x00\x00INFO")
    assert len(read_audio(tmp_path / "a.wav")) == len(pcm16)


def test_no_samples(tmp_path, pcm16):
    soundfile.write(tmp_path / "none.wav", pcm16[:0], SAMPLE_RATE)
    (tmp_path / "empty.wav").touch()
    assert "0 samples" in refusal(tmp_path / "none.wav")
    assert "0 samples" in refusal(tmp_path / "empty.wav")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers(tmp_path, value):
    soundfile.write(tmp_path / "a.wav", np.array([0.1, value, 0.2]), SAMPLE_RATE, subtype="FLOAT")
    assert "NaN or infinite" in refusal(tmp_path / "a.wav")


def test_impossible_rate(tmp_path, pcm16):
    whole = encoded(pcm16, format="WAV")
    (tmp_path / "a.wav").write_bytes(whole[:24] + (2_000_000_000).to_bytes(4, "little") + whole[28:])
    assert "2000000000 Hz" in refusal(tmp_path / "a.wav")


def test_what_is_no_audio(tmp_path):
    (tmp_path / "a.wav").write_text("<html>404</html>" * 10)
    assert "no audio" in refusal(tmp_path / "a.wav")
    assert "no such file" in refusal(tmp_path / "b.wav")
    assert "folder" in refusal(tmp_path)


@pytest.fixture
def recordings(tmp_path, pcm16) -> Path:
    """A data directory with the recordings rec1 and rec2."""
    for name in ("rec1", "rec2"):
        soundfile.write(tmp_path / f"{name} x.wav", pcm16, SAMPLE_RATE)
    (tmp_path / "wav.scp").write_text(f"rec1 {tmp_path}/rec1 x.wav\nrec2 {tmp_path}/rec2 x.wav\n")
    return tmp_path


def test_utterances_are_recordings(recordings, pcm16):
    audio = dict(utterance_audio(recordings))
    assert list(audio) == ["rec1", "rec2"]
    assert np.array_equal(audio["rec2"] * 32768, pcm16)


def test_segments_cut_recordings(recordings, pcm16):
    (recordings / "segments").write_text("a rec1 0.25 0.5\nb rec1 0.5 1.05\n")
    audio = dict(utterance_audio(recordings))
    assert np.array_equal(audio["a"] * 32768, pcm16[4000:8000])
    assert np.array_equal(audio["b"] * 32768, pcm16[8000:])
    assert list(audio) == ["a", "b"]


@pytest.mark.parametrize("times", ["0.5 0.5", "0.7 0.2", "0.5 2.0", "-1 0.5", "1.0 1.05", "nan 1"])
def test_segment_outside_of_its_recording(recordings, times):
    (recordings / "segments").write_text(f"a rec1 {times}\n")
    with pytest.raises(InputError, match=r"wav\.scp:1.*utterance 'a'.*of 1\.00 s"):
        list(utterance_audio(recordings))


def test_utterances_without_recording_are_named_before_any_is_read(recordings):
    (recordings / "segments").write_text("a rec1 0 0.5\nb gone 0 0.5\n")
    with pytest.raises(InputError, match=r"wav\.scp: recording 'gone' of 'b' has no line"):
        next(utterance_audio(recordings))
    skipped: list[str] = []
    assert [utt for utt, _ in utterance_audio(recordings, skipped, only={"a", "b", "c"})] == ["a"]
    assert len(skipped) == 2 and "'b'" in skipped[0] and "segments: 'c'" in skipped[1]


def test_bad_audio_names_line_and_utterance_or_is_skipped(recordings):
    bad = recordings / "rec1 x.wav"
    bad.write_bytes(bad.read_bytes()[:100])
    with pytest.raises(InputError, match=r"wav\.scp:1: 'rec1'.*truncated"):
        list(utterance_audio(recordings))
    skipped: list[str] = []
    assert [utt for utt, _ in utterance_audio(recordings, skip_bad=skipped)] == ["rec2"]
    assert len(skipped) == 1 and "rec1" in skipped[0]


def test_pipes_run_only_where_allowed(recordings, pcm16):
    made = recordings / "made"
    (recordings / "wav.scp").write_text(f"rec1 touch {made} |\n")
    with pytest.raises(InputError, match=r"wav\.scp:1: 'rec1' is a shell pipe"):
        list(utterance_audio(recordings))
    assert not made.exists()
    (recordings / "wav.scp").write_text(f"rec1 cat '{recordings}/rec1 x.wav' |\n")
    ((_, audio),) = utterance_audio(recordings, allow_pipe=True)
    assert np.array_equal(audio * 32768, pcm16)
