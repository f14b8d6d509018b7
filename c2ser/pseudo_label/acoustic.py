"""Acoustic teachers. Each classifies one vector per utterance; vectors are cached, so that none is computed twice.

``statistics`` is logistic regression on statistics of the log-mel spectrogram and acoustic attributes, ``probe`` a
probe of `c2ser.probe` on the vectors of a frozen encoder, and ``head`` the classifier of an emotion2vec+.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from c2ser.acoustics.attributes import read_attributes
from c2ser.checkpoints.fingerprint import model_files_fingerprint
from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.features import read_feature
from c2ser.data.fingerprint import files_fingerprint, fingerprint
from c2ser.data.names import ATTRIBUTES, UTT2SPK
from c2ser.data.tables import read_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.encoders.utterance import UtteranceEncoder, load_encoder
from c2ser.errors import InputError
from c2ser.languages import label_emotion
from c2ser.probe.classifier import fit_probe
from c2ser.probe.extraction import extract_vectors
from c2ser.probe.features import load_features
from c2ser.pseudo_label.teacher import Answers, Teacher, chunks, most_probable, read_labels

NUM_MELS = 40
WINDOW, HOP = 400, 160  # samples: 25 ms and 10 ms
BATCH_SAMPLES = 60 * SAMPLE_RATE

# Data directory and some of its utterances -> scp file of their vectors.
Extract = Callable[[Path, Collection[str]], Path]


def statistics_teacher(train_dir: str | Path, cache_dir: str | Path) -> Teacher:
    """Trains logistic regression on `log_mel_statistics`, log F0, loudness in LUFS and phonemes per second.

    Args:
        train_dir: labelled set with ``attributes``, as the sets to classify must have them.
        cache_dir: folder of the cached vectors.

    Raises:
        InputError: here or on a call: a table is missing or faulty, or audio cannot be used.
    """
    origin = fingerprint("log_mel_statistics", files_fingerprint([__file__]))
    extract = _extraction(lambda: UtteranceEncoder(_pool_statistics, pads=True), origin, cache_dir)

    def inputs(data_dir: Path, utterances: Collection[str]) -> Iterator[tuple[Sequence[str], np.ndarray]]:
        attributes = _read_attributes(data_dir, utterances)
        for chunk, statistics in _vectors(extract(data_dir, utterances)):
            yield chunk, np.hstack([statistics, [attributes[utt] for utt in chunk]])

    labels = read_labels(train_dir)
    utts, vectors = zip(*inputs(Path(train_dir), labels.keys()))
    classifier = statistics_classifier()
    classifier.fit(np.concatenate(vectors), [labels[utt] for chunk in utts for utt in chunk])

    def classify(data_dir: Path) -> Answers:
        answers: Answers = {}
        for chunk, vectors in inputs(data_dir, _utterances(data_dir)):
            answers |= most_probable(chunk, classifier.predict_proba(vectors), emotions=classifier.classes_.tolist())
        return answers

    return classify


def probe_teacher(train_dir: str | Path, cache_dir: str | Path, *, model: str, device: str = "cpu") -> Teacher:
    """Trains a probe on the vectors of an encoder; its regularisation is chosen on held-out training speakers.

    Args:
        train_dir: labelled set.
        cache_dir: folder of the cached vectors.
        model: what `c2ser.encoders.utterance.load_encoder` takes, such as an Emotion2Vec-S.
        device: where to encode.

    Raises:
        InputError: as `extract_vectors` and `fit_probe`, here or on a call.
    """
    extract = _extraction(lambda: load_encoder(model, device=device), model_files_fingerprint(model), cache_dir)
    train_dir = Path(train_dir)
    probe = fit_probe(load_features(train_dir, extract(train_dir, read_labels(train_dir).keys())))

    def classify(data_dir: Path) -> Answers:
        answers: Answers = {}
        for chunk, vectors in _vectors(extract(data_dir, _utterances(data_dir))):
            answers |= most_probable(chunk, probe.probabilities(vectors), emotions=probe.emotions)
        return answers

    return classify


def head_teacher(emotions: Sequence[str], cache_dir: str | Path, *, model: str, device: str = "cpu") -> Teacher:
    """Uses the classifier of an emotion2vec+ (seed, base, large) as it is.

    Args:
        emotions: the label set. The teacher abstains where another class, such as other or unknown, is most probable.
        cache_dir: folder of the cached probabilities.
        model: what `Emotion2Vec.from_pretrained` reads.
        device: where to compute.

    Raises:
        InputError: the model does not exist, has no classifier, or one with fewer than two of the emotions.
    """
    encoder = Emotion2Vec.from_pretrained(model).to(device)
    classes = [_in_label_set(label, emotions) for label in encoder.labels]
    if len(set(classes) - {None}) < 2:
        known = ", ".join(encoder.labels) or "it has no classifier"
        raise InputError(f"{model}: fewer than two classes are in {', '.join(emotions)} ({known}); use an emotion2vec+")

    def pool(waveforms: Sequence[np.ndarray]) -> torch.Tensor:
        return torch.tensor([list(row.values()) for row in encoder.classify(waveforms, batch_samples=None)])

    origin = model_files_fingerprint(model, "probabilities")
    extract = _extraction(lambda: UtteranceEncoder(pool, pads=True), origin, cache_dir)

    def classify(data_dir: Path) -> Answers:
        answers: Answers = {}
        for chunk, probabilities in _vectors(extract(data_dir, _utterances(data_dir))):
            answers |= most_probable(chunk, probabilities, emotions=classes)
        return answers

    return classify


def statistics_classifier() -> Pipeline:
    """Returns the untrained classifier; undefined attributes are imputed by their mean over the training set."""
    imputer = SimpleImputer(keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))


def log_mel_statistics(waveform: np.ndarray) -> np.ndarray:
    """Mean, standard deviation and mean absolute change from frame to frame of 40 log-mel bands.

    Args:
        waveform: (N,) at 16 kHz; the result does not depend on its level.

    Returns:
        (120,) float32.

    Example:
        >>> log_mel_statistics(np.zeros(16000, np.float32)).shape
        (120,)
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


def _pool_statistics(waveforms: Sequence[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack([log_mel_statistics(waveform) for waveform in waveforms]))


def _extraction(load: Callable[[], UtteranceEncoder], origin: str, cache_dir: str | Path) -> Extract:
    def extract(data_dir: Path, utterances: Collection[str]) -> Path:
        return extract_vectors(
            load,
            origin,
            data_dir=data_dir,
            output_dir=Path(cache_dir) / data_dir.resolve().name,
            batch_samples=BATCH_SAMPLES,
            utterances=utterances,
        )

    return extract


def _utterances(data_dir: Path) -> Collection[str]:
    return read_table(data_dir / UTT2SPK).keys()


def _vectors(scp: Path) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yields utterances and their vectors (N, D), float32, in chunks."""
    for chunk in chunks(read_table(scp).items()):
        yield [utt for utt, _ in chunk], np.stack([read_feature(location) for _, location in chunk])


def _in_label_set(label: str, emotions: Sequence[str]) -> str | None:
    emotion = label_emotion(label)
    return emotion if emotion in emotions else None


def _read_attributes(data_dir: Path, utterances: Collection[str]) -> Mapping[str, np.ndarray]:
    """Returns utterance -> log F0, loudness, rate; nan where undefined."""
    path = data_dir / ATTRIBUTES
    table = read_attributes(path)
    attributes = {}
    for utt in utterances:
        if utt not in table:
            raise InputError(f"{path}: '{utt}' is missing; run extract_attributes again")
        pitch, loudness, rate = table[utt]
        attributes[utt] = np.array([np.log(pitch) if pitch > 0 else np.nan, loudness, rate], dtype=np.float32)
    return attributes
