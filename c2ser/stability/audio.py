"""Speech made worse, or otherwise different, in ways that leave its emotion as it is.

All take and return waveforms (N,) at 16 kHz, float32, and give the same bytes for the same random numbers.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import soundfile

from c2ser.data.resample import SAMPLE_RATE

SHORTEST = SAMPLE_RATE // 5  # samples that a crop leaves
OPUS_BIT_RATES = (6.0, 256.0)  # kbit/s, between which libsndfile's level of compression is linear
MP3_BIT_RATES = (8.0, 160.0)

Degrade = Callable[..., np.ndarray]  # (waveform, value, *, generator)


@dataclass(frozen=True)
class Degradation:
    """A way in which speech is changed, by a value.

    Attributes:
        function: waveform, value and random numbers -> waveform.
        title: what the value is, with its unit.
        lowest: value.
        highest: value.
        unchanged: the value that leaves speech as it is, or nearest to it; None where there is no such number.
    """

    function: Degrade
    title: str
    lowest: float
    highest: float
    unchanged: float | None = None


def add_noise(waveform: np.ndarray, decibels: float, *, generator: np.random.Generator) -> np.ndarray:
    """Adds pink noise, whose power falls with frequency as that of speech roughly does.

    Args:
        waveform: (N,).
        decibels: power of the whole utterance over that of the noise.
        generator: draws the noise.
    """
    noise = pink_noise(len(waveform), generator)
    return waveform + noise * (_rms(waveform) * 10 ** (-decibels / 20))


def pink_noise(number: int, generator: np.random.Generator) -> np.ndarray:
    """Returns noise (N,) with a root mean square of 1 and a power that is inversely proportional to frequency."""
    spectrum = np.fft.rfft(generator.standard_normal(number))
    spectrum[0] = 0
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, number)
    return (noise / max(_rms(noise), 1e-12)).astype(np.float32)


def amplify(waveform: np.ndarray, decibels: float, *, generator: np.random.Generator) -> np.ndarray:
    """Makes speech louder or softer; what is beyond full scale is clipped, as in a file of 16 bits."""
    return np.clip(waveform * np.float32(10 ** (decibels / 20)), -1, 1)


def change_speed(waveform: np.ndarray, factor: float, *, generator: np.random.Generator) -> np.ndarray:
    """Plays speech faster (above 1) or slower; pitch changes likewise."""
    return _resampled(waveform, 1 / Fraction(factor).limit_denominator(100))


def narrow_band(waveform: np.ndarray, rate: float, *, generator: np.random.Generator) -> np.ndarray:
    """Takes speech through a lower sampling rate, such as a telephone's."""
    ratio = Fraction(round(rate), SAMPLE_RATE)
    return _resampled(_resampled(waveform, ratio), 1 / ratio)[: len(waveform)]


def through_opus(waveform: np.ndarray, bit_rate: float, *, generator: np.random.Generator) -> np.ndarray:
    """Encodes and decodes speech with Opus, at kbit/s."""
    return _through_codec(waveform, "OGG", "OPUS", _compression(bit_rate, OPUS_BIT_RATES))


def through_mp3(waveform: np.ndarray, bit_rate: float, *, generator: np.random.Generator) -> np.ndarray:
    """Encodes and decodes speech with MP3, at kbit/s; at low ones the decoder leaves some 70 ms before the speech."""
    return _through_codec(waveform, "MP3", "MPEG_LAYER_III", _compression(bit_rate, MP3_BIT_RATES))


def surround(waveform: np.ndarray, seconds: float, *, generator: np.random.Generator) -> np.ndarray:
    """Puts digital silence before and after speech, so many seconds each."""
    return np.pad(waveform, round(seconds * SAMPLE_RATE))


def crop(waveform: np.ndarray, share: float, *, generator: np.random.Generator) -> np.ndarray:
    """Keeps a share of the utterance, from a random place on."""
    length = min(len(waveform), max(SHORTEST, round(share * len(waveform))))
    start = int(generator.integers(len(waveform) - length + 1))
    return waveform[start : start + length]


DEGRADATIONS = {
    "noise": Degradation(add_noise, "signal-to-noise ratio, dB", -60, 120),
    "gain": Degradation(amplify, "gain, dB", -80, 60, unchanged=0),
    "speed": Degradation(change_speed, "speed", 0.25, 4, unchanged=1),
    "rate": Degradation(narrow_band, "sampling rate, Hz", 1000, SAMPLE_RATE, unchanged=SAMPLE_RATE),
    "opus": Degradation(through_opus, "Opus, kbit/s", *OPUS_BIT_RATES),
    "mp3": Degradation(through_mp3, "MP3, kbit/s", *MP3_BIT_RATES),
    "silence": Degradation(surround, "silence around, s", 0, 30, unchanged=0),
    "crop": Degradation(crop, "share that is kept", 0.01, 1, unchanged=1),
}


def degrade(waveform: np.ndarray, kind: str, *, value: float, generator: np.random.Generator) -> np.ndarray:
    """Changes speech.

    Args:
        waveform: (N,) at 16 kHz, float32.
        kind: a key of `DEGRADATIONS`.
        value: by how much.
        generator: random numbers.

    Returns:
        (M,) float32.

    Example:
        >>> degrade(np.ones(2, np.float32), "gain", value=-20, generator=np.random.default_rng(0)).round(3).tolist()
        [0.10000000149011612, 0.10000000149011612]
    """
    changed = DEGRADATIONS[kind].function(waveform, value, generator=generator)
    return np.ascontiguousarray(changed, np.float32)


def degradation_fault(kind: str, value: float) -> str | None:
    """Says what is wrong with a change of speech and its value; None where nothing is.

    Example:
        >>> degradation_fault("speed", 9)
        'audio.speed: 9 is not from 0.25 to 4 (speed)'
    """
    if kind not in DEGRADATIONS:
        return f"audio: unknown change '{kind}'; known are {', '.join(DEGRADATIONS)}"
    known = DEGRADATIONS[kind]
    if known.lowest <= value <= known.highest:
        return None
    return f"audio.{kind}: {value:g} is not from {known.lowest:g} to {known.highest:g} ({known.title})"


def _rms(waveform: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64))))


def _resampled(waveform: np.ndarray, ratio: Fraction) -> np.ndarray:
    from scipy.signal import resample_poly  # takes most of a second to import

    return resample_poly(waveform, ratio.numerator, ratio.denominator).astype(np.float32)


def _compression(bit_rate: float, rates: tuple[float, float]) -> float:
    """Returns libsndfile's level of compression, which is 0 at the highest bit rate and just below 1 at the lowest."""
    lowest, highest = rates
    return min(0.999, (highest - bit_rate) / (highest - lowest))


def _through_codec(waveform: np.ndarray, container: str, codec: str, compression: float) -> np.ndarray:
    file = io.BytesIO()
    soundfile.write(
        file,
        np.clip(waveform, -1, 1),
        SAMPLE_RATE,
        format=container,
        subtype=codec,
        compression_level=compression,
        **({} if container == "OGG" else {"bitrate_mode": "CONSTANT"}),
    )
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]
