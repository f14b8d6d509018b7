"""Sounds without speech, of which a system should say nothing, or be unsure what to say."""

from collections.abc import Callable, Mapping

import numpy as np

from c2ser.data.resample import SAMPLE_RATE
from c2ser.stability.audio import pink_noise

LOUDNESS = 0.05  # root mean square; full scale is 1
ROOTS = (220.0, 246.9, 261.6, 293.7, 329.6)  # Hz
CHORDS = ((1, 5 / 4, 3 / 2), (1, 6 / 5, 3 / 2), (1, 4 / 3, 5 / 3))  # major, minor, and a major one turned over
BEAT = 0.5  # s
OVERTONES = 6

Sound = Callable[[int, np.random.Generator], np.ndarray]


def silence(number: int, generator: np.random.Generator) -> np.ndarray:
    """Returns digital silence (N,)."""
    return np.zeros(number, np.float32)


def noise(number: int, generator: np.random.Generator) -> np.ndarray:
    """Returns pink noise (N,)."""
    return LOUDNESS * pink_noise(number, generator)


def music(number: int, generator: np.random.Generator) -> np.ndarray:
    """Returns plucked chords (N,), one a beat, that are drawn at random."""
    beat = round(BEAT * SAMPLE_RATE)
    chords = [_chord(beat, generator) for _ in range(-(-number // beat))]
    sound = np.concatenate(chords)[:number]
    return (LOUDNESS * sound / np.sqrt(np.mean(sound**2))).astype(np.float32)


SOUNDS: Mapping[str, Sound] = {"silence": silence, "noise": noise, "music": music}


def _chord(number: int, generator: np.random.Generator) -> np.ndarray:
    seconds = np.arange(number) / SAMPLE_RATE
    root, intervals = generator.choice(ROOTS), CHORDS[generator.integers(len(CHORDS))]
    partials = [
        np.sin(2 * np.pi * root * interval * overtone * seconds) / overtone
        for interval in intervals
        for overtone in range(1, OVERTONES + 1)
    ]
    return np.sum(partials, axis=0) * np.exp(-4 * seconds)
