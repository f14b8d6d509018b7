"""The teacher that listens: logistic regression on statistics of the log-mel spectrogram and acoustic attributes."""

from functools import cache
from pathlib import Path

import numpy as np
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from c2ser.data.audio import SAMPLE_RATE, utterance_audio
from c2ser.data.tables import read_table
from c2ser.errors import InputError

NUM_MELS = 40
WINDOW, HOP = 400, 160  # samples: 25 ms and 10 ms
NUM_ATTRIBUTES = 3


def acoustic_teacher() -> Pipeline:
    """Returns the untrained teacher; an attribute that is undefined counts as the mean over the training set."""
    imputer = SimpleImputer(keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))


def acoustic_statistics(data_dir: str | Path) -> dict[str, np.ndarray]:
    """Reads a set's audio once.

    Args:
        data_dir: a directory of stage 2, with ``wav.scp`` and ``attributes``.

    Returns:
        utterance -> (123,) float32: `log_mel_statistics`, log F0, loudness in LUFS, phonemes per second.

    Raises:
        InputError: a file is missing, audio cannot be used, or an utterance has no attributes.
    """
    path = Path(data_dir) / "attributes"
    attributes = read_table(path)
    statistics: dict[str, np.ndarray] = {}
    audio = utterance_audio(data_dir)
    for utt, waveform in tqdm(audio, total=len(attributes), desc=str(data_dir), unit="utt", mininterval=2):
        if utt not in attributes:
            raise InputError(f"{path}: no line for '{utt}'; run stage 2 again")
        statistics[utt] = np.concatenate(
            [log_mel_statistics(waveform), _attributes(attributes[utt], f"{path}: '{utt}'")]
        )
    return statistics


def log_mel_statistics(waveform: np.ndarray) -> np.ndarray:
    """Mean, standard deviation and mean absolute change from frame to frame of 40 log-mel bands.

    Args:
        waveform: (num_samples,) at 16 kHz; its level does not count.

    Returns:
        (120,) float32.
    """
    padded = np.pad(waveform, (0, max(0, 2 * WINDOW - len(waveform))))
    level = np.sqrt(np.mean(padded**2)) + 1e-8
    stft = ShortTimeFFT(hann(WINDOW), HOP, SAMPLE_RATE, scale_to="magnitude")
    log_mel = np.log(_mel_filters() @ stft.spectrogram(padded / level) + 1e-8)
    change = np.abs(np.diff(log_mel, axis=1)).mean(axis=1)
    return np.concatenate([log_mel.mean(axis=1), log_mel.std(axis=1), change]).astype(np.float32)


@cache
def _mel_filters() -> np.ndarray:
    """(mels, frequencies)"""
    from transformers.audio_utils import mel_filter_bank

    return mel_filter_bank(WINDOW // 2 + 1, NUM_MELS, 0, SAMPLE_RATE / 2, SAMPLE_RATE, mel_scale="slaney").T


def _attributes(line: str, where: str) -> np.ndarray:
    try:
        pitch, loudness, rate = map(float, line.split())
    except ValueError:
        raise InputError(f"{where}: '{line}' is not '<F0> <LUFS> <phonemes/s>'; run stage 2 again") from None
    return np.array([np.log(pitch) if pitch > 0 else np.nan, loudness, rate], dtype=np.float32)
