"""Audio at 16 kHz, whatever rate it comes with."""

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, noise16, tone

from c2ser.data.audio import read_audio
from c2ser.data.location import AudioLocation


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_16_bit_mono_16_khz_keeps_every_value(tmp_path, kind):
    soundfile.write(tmp_path / "a", noise16(), RATE, format=kind, subtype="PCM_16")
    for place in (tmp_path / "a", str(tmp_path / "a"), AudioLocation.parse(tmp_path / "a")):
        audio = read_audio(place)
        assert audio.dtype == np.float32
        assert np.array_equal((audio * 32768).astype(np.int16), noise16())


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_any_rate_becomes_the_same_tone_at_16_khz(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(rate), rate, subtype="FLOAT")
    audio = read_audio(tmp_path / "a.wav")
    assert len(audio) == pytest.approx(RATE, abs=2)
    inner = slice(500, RATE - 500)  # away from the filter's edges
    assert np.abs(audio[inner] - tone()[inner]).max() < 0.01


def test_tone_above_8_khz_does_not_alias(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(48000, hertz=10000), 48000)
    assert np.abs(read_audio(tmp_path / "a.wav")[500:-500]).max() < 0.01
