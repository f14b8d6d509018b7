"""Changes of speech: how loud, how long, of which frequencies, and the same each time."""

import numpy as np
import pytest

from c2ser.stability.audio import DEGRADATIONS, degrade
from c2ser.stability.sounds import SOUNDS

RATE = 16000
TONES = (300, 6000)  # Hz
VALUES = {"noise": 5, "gain": 10, "speed": 1.1, "rate": 8000, "opus": 12, "mp3": 32, "silence": 0.5, "crop": 0.5}


def tones(seconds: float = 1.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return sum(0.2 * np.sin(2 * np.pi * frequency * time) for frequency in TONES).astype(np.float32)


def changed(kind: str, value: float, waveform: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    waveform = tones() if waveform is None else waveform
    return degrade(waveform, kind, value=value, generator=np.random.default_rng(seed))


def power(waveform: np.ndarray) -> float:
    return float(np.mean(np.square(waveform, dtype=float)))


def strengths(waveform: np.ndarray) -> list[float]:
    """Amplitudes of the two tones."""
    spectrum = np.abs(np.fft.rfft(waveform)) * 2 / len(waveform)
    return [spectrum[round(frequency * len(waveform) / RATE)] for frequency in TONES]


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_the_same_random_numbers_give_the_same_bytes(kind):
    value = VALUES[kind]
    first, again = changed(kind, value), changed(kind, value)
    assert first.dtype == np.float32 and first.tobytes() == again.tobytes()
    assert np.isfinite(changed(kind, value, np.zeros(8000, np.float32))).all()


@pytest.mark.parametrize("decibels", [20, 0, -5])
def test_noise_has_the_power_that_was_asked_for(decibels):
    noise = changed("noise", decibels) - tones()
    assert 10 * np.log10(power(tones()) / power(noise)) == pytest.approx(decibels, abs=0.01)
    assert not np.array_equal(changed("noise", decibels, seed=1), changed("noise", decibels))
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    assert np.mean(spectrum[200:400]) / np.mean(spectrum[2000:4000]) == pytest.approx(10, rel=0.4)  # pink


def test_gain_clips_at_full_scale():
    assert changed("gain", -20) == pytest.approx(tones() / 10)
    assert np.abs(changed("gain", 20)).max() == 1


@pytest.mark.parametrize("factor", [0.9, 1.1, 2.0])
def test_speed_changes_length_and_pitch(factor):
    fast = changed("speed", factor, tones()[:16000])
    assert len(fast) == pytest.approx(16000 / factor, abs=2)
    peak = np.abs(np.fft.rfft(fast))[: len(fast) // 8].argmax() * RATE / len(fast)
    assert peak == pytest.approx(300 * factor, rel=0.01)


def test_a_telephone_has_no_high_frequencies():
    low, high = strengths(changed("rate", 8000))
    assert low == pytest.approx(0.2, rel=0.05) and high < 0.002
    assert len(changed("rate", 11025)) == 16000


@pytest.mark.parametrize(("kind", "value"), [("opus", 64), ("mp3", 128)])
def test_codecs_keep_what_is_heard(kind, value):
    coded = changed(kind, value)
    assert abs(len(coded) - 16000) < 2000
    assert strengths(coded)[0] == pytest.approx(0.2, rel=0.15) and not np.array_equal(coded[:16000], tones())


@pytest.mark.parametrize(("kind", "values"), [("opus", (6, 12, 64)), ("mp3", (8, 32, 128))])
def test_lower_bit_rates_leave_more_errors(kind, values):
    rng = np.random.default_rng(4)
    speech = np.convolve(rng.normal(size=RATE), np.ones(8) / 40, "same").astype(np.float32)
    errors = []
    for value in values:
        coded = changed(kind, value, speech)
        spectra = [np.abs(np.fft.rfft(wave[:16000].reshape(-1, 400), axis=1)) for wave in (coded, speech)]
        errors.append(np.mean((spectra[0].mean(axis=0) - spectra[1].mean(axis=0)) ** 2))
    assert errors[0] > errors[1] > errors[2]


def test_silence_surrounds_and_a_crop_is_a_part():
    surrounded = changed("silence", 0.5)
    assert np.array_equal(surrounded[8000:-8000], tones()) and not surrounded[:8000].any()
    noise = np.random.default_rng(3).normal(size=16000).astype(np.float32)
    part = changed("crop", 0.25, noise)
    (start,) = np.flatnonzero(noise == part[0])
    assert len(part) == 4000 and np.array_equal(noise[start : start + 4000], part)
    assert len(changed("crop", 0.01, noise)) == 3200  # 0.2 s are left
    assert len(changed("crop", 0.25, noise[:100])) == 100


@pytest.mark.parametrize("name", SOUNDS)
def test_sounds_are_of_the_length_and_loudness_of_recordings(name):
    sound = SOUNDS[name](20000, np.random.default_rng(0))
    assert sound.shape == (20000,) and sound.dtype == np.float32 and np.abs(sound).max() < 1
    assert power(sound) == (0 if name == "silence" else pytest.approx(0.0025, rel=0.01))
