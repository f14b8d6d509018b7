"""Decoding: what is converted, and what is refused with which words."""

import io

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, encoded, headerless_mp3, noise16, tone

from c2ser.data.decode import decode
from c2ser.errors import InputError


def decoded(content: bytes, name: str = "a.wav"):
    return decode(io.BytesIO(content), name)


def refusal(content: bytes, name: str = "a.wav") -> str:
    with pytest.raises(InputError) as error:
        decoded(content, name)
    message = str(error.value)
    assert message.startswith(f"{name}: ") and "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_16_bit_mono_keeps_every_value(kind):
    recording = decoded(encoded(noise16(), format=kind, subtype="PCM_16"))
    assert recording.samples.dtype == np.float32 and recording.sample_rate == RATE and recording.num_clipped == 0
    assert np.array_equal((recording.samples * 32768).astype(np.int16), noise16())


def test_stereo_becomes_the_mean_of_its_channels():
    left, right = tone(), tone(hertz=1000)
    samples = decoded(encoded(np.stack([left, right], axis=1), format="WAV", subtype="FLOAT")).samples
    assert np.allclose(samples, (left + right) / 2, atol=1e-6)


@pytest.mark.parametrize("subtype, step", [("PCM_24", 2**-23), ("FLOAT", 2**-24), ("PCM_U8", 2**-7)])
def test_other_sample_widths(subtype, step):
    assert np.abs(decoded(encoded(tone(), format="WAV", subtype=subtype)).samples - tone()).max() <= step


@pytest.mark.parametrize("kept", [44, 1000, 32043])
def test_truncated_wav(kept):
    message = refusal(encoded(noise16(), format="WAV")[:kept])
    assert f"truncated: {kept - 44} of 32000 bytes" in message and "copy it again" in message


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_truncated_flac(share):
    whole = encoded(noise16(), format="FLAC")
    message = refusal(whole[: int(len(whole) * share)])
    assert "broken" in message or "truncated" in message


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_wav_written_to_a_pipe_states_no_true_size(size):
    whole = encoded(noise16(), format="WAV", subtype="PCM_16")
    streamed = whole[:4] + size.to_bytes(4, "little") + whole[8:40] + size.to_bytes(4, "little") + whole[44:]
    assert len(decoded(streamed).samples) == RATE


def test_chunk_after_the_samples_is_not_a_truncation():
    assert len(decoded(encoded(noise16(), format="WAV") + b"LIST\x04\x00\x00\x00INFO").samples) == RATE


def test_no_samples():
    assert "0 samples" in refusal(encoded(noise16(0), format="WAV"))
    assert "0 samples" in refusal(b"")


def test_impossible_rate():
    whole = encoded(noise16(), format="WAV")
    assert "2000000000 Hz" in refusal(whole[:24] + (2_000_000_000).to_bytes(4, "little") + whole[28:])


def test_what_is_not_audio():
    assert "not audio" in refusal(b"<html>404</html>" * 10)


@pytest.mark.parametrize(
    "head, kind",
    [
        (b"\0\0\0\x20ftypM4A ", "MPEG-4"),
        (b"\0\0\0\x18ftypmp42", "MPEG-4"),
        (b"#!AMR\n", "AMR"),
        (b"#!AMR-WB\n", "AMR"),
        (b"\xff\xf1\x50\x80", "AAC"),
        (b"0&\xb2u\x8ef\xcf\x11", "Windows Media"),
        (b"\x1aE\xdf\xa3", "Matroska"),
    ],
)
def test_formats_that_libsndfile_does_not_read_are_named_with_the_remedy(monkeypatch, head, kind):
    monkeypatch.setenv("PATH", "")
    message = refusal(head + bytes(1000), "a.m4a")
    assert kind in message and "convert it with ffmpeg" in message


def test_samples_without_a_header():
    assert "unknown rate and coding; convert the file to WAV" in refusal(noise16().tobytes(), "a.raw")
    assert len(decoded(encoded(noise16(), format="WAV"), "a.raw").samples) == RATE  # the name alone is no fault


# --- MP3 whose beginning does not state its length ---


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_mp3_without_a_stated_length_is_read_to_its_end(mode):
    recording = decoded(headerless_mp3(mode), "a.mp3")
    assert recording.seconds == pytest.approx(6.0, abs=0.06)
    quiet, loud = np.split(recording.samples[: 6 * 44100], 2)
    assert np.abs(quiet[:-5000]).max() < 0.01 < 0.2 < np.abs(loud[5000:]).max()


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_mp3_without_a_stated_length_and_with_tags_or_cut_in_a_frame(mode):
    whole = headerless_mp3(mode)
    id3 = b"ID3\x03\0\0\0\0\0\x0a" + bytes(10)
    for content in (id3 + whole, whole + b"TAG" + bytes(125), id3 + whole + b"TAG" + bytes(125)):
        assert decoded(content, "a.mp3").seconds == pytest.approx(6.0, abs=0.06)
    assert decoded(whole[:-100], "a.mp3").seconds == pytest.approx(6.0, abs=0.12)


def test_mp3_with_a_stated_length_that_is_truncated():
    whole = encoded(tone(), format="MP3", subtype="MPEG_LAYER_III")
    assert decoded(whole, "a.mp3").seconds == pytest.approx(1.0)
    assert "truncated" in refusal(whole[: len(whole) // 2], "a.mp3")


# --- full scale ---


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize("kind", ["WAV", "AIFF", "CAF", "W64"])
def test_samples_far_beyond_full_scale_are_refused_with_their_peak(kind, subtype):
    message = refusal(encoded(tone() * 32767, format=kind, subtype=subtype))
    assert "samples up to 16383.5, where full scale is 1; divide by 32768" in message


def test_mild_excess_is_clipped_and_counted():
    recording = decoded(encoded(2.4 * tone(), format="WAV", subtype="FLOAT"))
    assert np.array_equal(recording.samples, np.clip(2.4 * tone(), -1, 1).astype(np.float32))
    assert recording.num_clipped == (np.abs((2.4 * tone()).astype(np.float32)) > 1).sum() > 1000


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(value):
    assert "NaN or infinite" in refusal(encoded(np.array([0.1, value, 0.2]), format="WAV", subtype="FLOAT"))


def test_broken_in_the_middle_is_not_the_end():
    whole = bytearray(headerless_mp3("CONSTANT"))
    whole[len(whole) // 2 : len(whole) // 2 + 2000] = bytes(2000)
    try:
        seconds = decoded(bytes(whole), "a.mp3").seconds
    except InputError as error:
        assert "broken" in str(error)
    else:
        assert seconds > 5.5


def test_a_file_on_disk_stays_open(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise16(), RATE)
    with open(tmp_path / "a.wav", "rb", buffering=0) as file:
        assert np.array_equal(decode(file, "a.wav").samples, decode(file, "a.wav").samples)
