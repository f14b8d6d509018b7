"""mini_emo's voice: eSpeak NG for words, rate, pitch and range; loudness and voice quality set on its samples."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.signal import butter, lfilter, resample_poly, sosfilt

from c2ser.data.audio import SAMPLE_RATE
from c2ser.synthesis.espeak import SAMPLE_RATE as ESPEAK_RATE
from c2ser.synthesis.espeak import speak
from c2ser.synthesis.speakers import Speaker

LANGUAGES = {"en": "en-us", "zh": "cmn"}  # language -> eSpeak NG's voice
ATTRIBUTES = ("rate", "pitch", "range", "loudness", "tilt", "breath", "tremor", "roughness")


def synthesize(
    text: str, language: str, *, speaker: Speaker, attributes: Sequence[float], rng: np.random.Generator
) -> np.ndarray:
    """Speaks one utterance.

    Args:
        text: what is said.
        language: ``en`` or ``zh``.
        speaker: who says it.
        attributes: how, as distances from the speaker's habit in the order of `ATTRIBUTES`; 1 is clearly audible.
        rng: of tremor, breath, room and margins.

    Returns:
        (T,) float32 at 16 kHz; in a new process the same samples for the same arguments.
    """
    rate, pitch, pitch_range, loudness, tilt, breath, tremor, roughness = attributes
    # Some of eSpeak NG's voices crash in Mandarin where a wide range meets a low pitch, hence the narrower bounds.
    spoken = speak(
        text,
        f"{LANGUAGES[language]}+{speaker.variant}",
        rate=round(np.clip(speaker.rate * np.exp(0.12 * rate), 90, 400)),
        pitch=round(np.clip(speaker.pitch + 8 * pitch, 20, 99)),
        pitch_range=round(np.clip(45 + 13 * pitch_range, 3, 85)),
    )
    wave = _trim(resample_poly(spoken, SAMPLE_RATE, ESPEAK_RATE))
    wave = _tremble(wave, speaker.size, depth=0.25 * np.exp(0.5 * tremor), rng=rng)
    wave = _roughen(wave, depth=_sigmoid(0.9 * roughness - 1.5), rng=rng)
    wave = _tilt(wave, 0.3 * (tilt + speaker.tilt))
    wave = _breathe(wave, level_db=-22 + 4.5 * breath, rng=rng)
    return _level(wave, level_db=-25 + 2.6 * loudness, rng=rng)


def _sigmoid(x: float) -> float:
    return 1 / (1 + np.exp(-x))


def _trim(wave: np.ndarray) -> np.ndarray:
    """Cuts silence at both ends."""
    loud = np.flatnonzero(np.abs(wave) > 0.01 * np.abs(wave).max())
    return wave[loud[0] : loud[-1] + 1]


def _tremble(wave: np.ndarray, size: float, depth: float, rng: np.random.Generator) -> np.ndarray:
    """Stretches time by the speaker's size and lets pitch (``depth`` semitones) and amplitude tremble at 5 to 8 Hz."""
    time = np.arange(int(len(wave) * size)) / SAMPLE_RATE
    frequency, phase = rng.uniform(5, 8), rng.uniform(0, 2 * np.pi)
    angle = 2 * np.pi * frequency * time + phase
    ratio = depth * np.log(2) / 12
    position = time / size + ratio * np.sin(angle) / (2 * np.pi * frequency)
    return map_coordinates(wave, [position * SAMPLE_RATE], order=3, mode="nearest") * (
        1 + min(0.25 * depth, 0.6) * np.sin(angle)
    )


def _roughen(wave: np.ndarray, depth: float, rng: np.random.Generator) -> np.ndarray:
    """Creaks: the amplitude falls by up to ``depth`` (0 to 1) at 30 to 40 Hz."""
    angle = 2 * np.pi * rng.uniform(30, 40) * np.arange(len(wave)) / SAMPLE_RATE
    return wave * (1 - depth * (0.5 + 0.5 * np.sin(angle)))


def _tilt(wave: np.ndarray, tilt: float) -> np.ndarray:
    """Brightens (``tilt`` > 0, a zero near 0 Hz) or darkens (< 0, a pole there) the spectrum."""
    amount = 0.9 * np.tanh(abs(tilt))
    return lfilter([1, -amount], [1], wave) if tilt > 0 else lfilter([1], [1, -amount], wave)


def _breathe(wave: np.ndarray, level_db: float, rng: np.random.Generator) -> np.ndarray:
    """Adds high-passed noise that follows the envelope, ``level_db`` below the voice."""
    envelope = np.sqrt(np.maximum(lfilter([0.005], [1, -0.995], wave**2), 0))
    noise = sosfilt(butter(2, 1500, "highpass", fs=SAMPLE_RATE, output="sos"), rng.standard_normal(len(wave)))
    return wave + 10 ** (level_db / 20) * envelope * noise


def _level(wave: np.ndarray, level_db: float, rng: np.random.Generator) -> np.ndarray:
    """Sets the level (RMS, dB of full scale), adds short margins and a quiet room, and keeps clear of clipping."""
    wave = wave * 10 ** (level_db / 20) / np.sqrt(np.mean(wave**2))
    margins = rng.integers(SAMPLE_RATE // 20, SAMPLE_RATE // 8, size=2)
    wave = np.pad(wave, margins)
    wave = wave + 10 ** (-62 / 20) * rng.standard_normal(len(wave))
    return (wave * min(1, 0.95 / np.abs(wave).max())).astype(np.float32)
