"""Audio for tests, made from nothing."""

import io

import numpy as np
import soundfile

RATE = 16000


def tone(rate: int = RATE, seconds: float = 1.0, hertz: float = 440.0) -> np.ndarray:
    """A sine at half of full scale."""
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def noise16(num_samples: int = RATE) -> np.ndarray:
    """16-bit noise that uses the whole range."""
    return np.random.default_rng(0).integers(-32768, 32768, num_samples).astype(np.int16)


def encoded(samples: np.ndarray, rate: int = RATE, **kind: object) -> bytes:
    """A file's content, of soundfile's ``format`` and ``subtype``."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **kind)
    return file.getvalue()


def headerless_mp3(mode: str, seconds: float = 6.0) -> bytes:
    """MP3 without its first frame, which states the length; its first half is nearly silent."""
    rate = 44100
    time = np.arange(int(seconds * rate)) / rate
    samples = 0.15 * sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 8))
    samples[: len(samples) // 2] *= 0.001
    kind = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": mode, "compression_level": 0.5}
    content = encoded(samples, rate, **kind)
    kilobits = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320][content[2] >> 4]
    return content[144 * kilobits * 1000 // rate + (content[2] >> 1 & 1) :]
