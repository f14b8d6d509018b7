"""Which channel is the centre, and what is averaged."""

import io

import numpy as np
import pytest
from helpers.audio import RATE, encoded, tone

from c2ser.data.decode import decode

SPEECH, MUSIC = tone(hertz=1000), tone()


def channels(count: int) -> np.ndarray:
    """Audio whose third channel is speech."""
    samples = np.stack([MUSIC] * count, axis=1)
    samples[:, min(2, count - 1)] = SPEECH
    return samples


def extensible(samples: np.ndarray, mask: int) -> bytes:
    """A WAV with a mask of channels, which soundfile leaves 0."""
    content = encoded(samples, format="WAVEX", subtype="PCM_16")
    place = content.index(b"fmt ") + 8 + 20
    return content[:place] + mask.to_bytes(4, "little") + content[place + 4 :]


@pytest.mark.parametrize(
    "content, count",
    [
        (encoded(channels(6), format="WAV", subtype="PCM_16"), 6),
        (encoded(channels(6), format="FLAC", subtype="PCM_16"), 6),
        (encoded(channels(3), format="FLAC", subtype="PCM_16"), 3),
        (extensible(channels(6), 0x3F), 6),
        (extensible(channels(5), 0x37), 5),
        (extensible(channels(3), 0x07), 3),
    ],
)
def test_the_centre_has_the_speech(content, count):
    recording = decode(io.BytesIO(content), "a.wav")
    assert (recording.channels, recording.centre) == (count, True) and len(recording.samples) == RATE
    assert np.allclose(recording.samples, SPEECH, atol=1e-4)


@pytest.mark.parametrize(
    "content, count",
    [
        (encoded(channels(2), format="WAV", subtype="PCM_16"), 2),
        (encoded(channels(4), format="FLAC", subtype="PCM_16"), 4),
        (extensible(channels(4), 0x33), 4),  # two in front and two behind
        (encoded(channels(3), format="WAV", subtype="PCM_16"), 3),
    ],
)
def test_without_a_centre_the_mean_is_taken(content, count):
    recording = decode(io.BytesIO(content), "a.wav")
    assert (recording.channels, recording.centre) == (count, False)
    assert np.allclose(recording.samples, channels(count).mean(axis=1), atol=1e-4)
