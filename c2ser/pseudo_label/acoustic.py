"""Teachers that listen. Each reads its answers off one vector an utterance, which is kept, so that none is made twice.

`statistics` is logistic regression on statistics of the log-mel spectrogram and acoustic attributes; `probe` that of
`c2ser.probe` on the vectors of a frozen encoder; `head` the classes that an emotion2vec+ brings along.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
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
from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.features import read_feature
from c2ser.data.tables import read_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import canonical_emotion
from c2ser.encoders.utterance import UtteranceEncoder, load_encoder
from c2ser.errors import InputError
from c2ser.probe.classifier import fit_probe
from c2ser.probe.extraction import encoder_origin, extract_vectors
from c2ser.probe.features import load_features
from c2ser.pseudo_label.teacher import Answers, Teacher, chunks, likeliest, read_labels

NUM_MELS = 40
WINDOW, HOP = 400, 160  # samples: 25 ms and 10 ms
BATCH_SAMPLES = 60 * SAMPLE_RATE

# Data directory and some of its utterances -> scp file of their vectors.
Extract = Callable[[Path, Collection[str]], Path]


def statistics_teacher(train_dir: str | Path, cache_dir: str | Path) -> Teacher:
    """Trains logistic regression on `log_mel_statistics`, log F0, loudness in LUFS and phonemes per second.

    Args:
        train_dir: labelled set of stage 2, with ``attributes``; so are the sets that the teacher is asked about.
        cache_dir: keeps the vectors of each set.

    Raises:
        InputError: here or when asked: a table is missing or faulty, or audio cannot be used.
    """
    origin = {"encoder": "log_mel_statistics", "code": sha256(Path(__file__).read_bytes()).hexdigest()}
    extract = _extraction(lambda: UtteranceEncoder(_pool_statistics, pads=True), origin, cache_dir)

    def inputs(data_dir: Path, utterances: Collection[str]) -> Iterator[tuple[Sequence[str], np.ndarray]]:
        attributes = _read_attributes(data_dir, utterances)
        for chunk, statistics in _vectors(extract(data_dir, utterances)):
            yield chunk, np.hstack([statistics, [attributes[utt] for utt in chunk]])

    labels = read_labels(train_dir)
    utts, vectors = zip(*inputs(Path(train_dir), labels.keys()))
    classifier = statistics_classifier()
    classifier.fit(np.concatenate(vectors), [labels[utt] for chunk in utts for utt in chunk])

    def ask(data_dir: Path) -> Answers:
        answers: Answers = {}
        for chunk, vectors in inputs(data_dir, _utterances(data_dir)):
            answers |= likeliest(chunk, classifier.predict_proba(vectors), classifier.classes_.tolist())
        return answers

    return ask


def probe_teacher(train_dir: str | Path, cache_dir: str | Path, model: str, device: str = "cpu") -> Teacher:
    """Trains a probe on the vectors of an encoder, its regularisation chosen on training speakers left out.

    Args:
        train_dir: labelled set.
        cache_dir: keeps the vectors of each set.
        model: what `c2ser.encoders.utterance.load_encoder` takes, such as an Emotion2Vec-S.
        device: where to encode.

    Raises:
        InputError: as `extract_vectors` and `fit_probe`, here or when asked.
    """
    extract = _extraction(lambda: load_encoder(model, device=device), encoder_origin(model, None, "float32"), cache_dir)
    train_dir = Path(train_dir)
    probe = fit_probe(load_features(train_dir, extract(train_dir, read_labels(train_dir).keys())))

    def ask(data_dir: Path) -> Answers:
        answers: Answers = {}
        for chunk, vectors in _vectors(extract(data_dir, _utterances(data_dir))):
            answers |= likeliest(chunk, probe.probabilities(vectors), probe.emotions)
        return answers

    return ask


def head_teacher(emotions: Sequence[str], cache_dir: str | Path, model: str, device: str = "cpu") -> Teacher:
    """Asks the classifier of an emotion2vec+ (seed, base, large), which learns nothing here.

    Args:
        emotions: the label set. Where another class is the likeliest, such as other or unknown, there is no answer.
        cache_dir: keeps the probabilities of each set.
        model: what `Emotion2Vec.from_pretrained` reads.
        device: where to compute.

    Raises:
        InputError: there is no such model, or it has no classifier or none with two of the emotions.
    """
    encoder = Emotion2Vec.from_pretrained(model).to(device)
    classes = [_in_label_set(label, emotions) for label in encoder.labels]
    if len(set(classes) - {None}) < 2:
        known = ", ".join(encoder.labels) or "it has no classifier"
        raise InputError(f"{model}: no classes for two of {', '.join(emotions)} ({known}); take an emotion2vec+")

    def pool(waveforms: Sequence[np.ndarray]) -> torch.Tensor:
        return torch.tensor([list(row.values()) for row in encoder.classify(waveforms)])

    origin = {**encoder_origin(model, None, "float32"), "vectors": "probabilities"}
    extract = _extraction(lambda: UtteranceEncoder(pool, pads=True), origin, cache_dir)

    def ask(data_dir: Path) -> Answers:
        answers: Answers = {}
        for chunk, probabilities in _vectors(extract(data_dir, _utterances(data_dir))):
            answers |= likeliest(chunk, probabilities, classes)
        return answers

    return ask


def statistics_classifier() -> Pipeline:
    """Returns the untrained classifier; an attribute that is undefined counts as the mean over the training set."""
    imputer = SimpleImputer(keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))


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


def _pool_statistics(waveforms: Sequence[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack([log_mel_statistics(waveform) for waveform in waveforms]))


def _extraction(load: Callable[[], UtteranceEncoder], origin: dict, cache_dir: str | Path) -> Extract:
    def extract(data_dir: Path, utterances: Collection[str]) -> Path:
        return extract_vectors(
            load, origin, data_dir, Path(cache_dir) / data_dir.resolve().name, BATCH_SAMPLES, utterances
        )

    return extract


def _utterances(data_dir: Path) -> Collection[str]:
    return read_table(data_dir / "utt2spk").keys()


def _vectors(scp: Path) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yields utterances and their vectors (N, D) float32, a part of the set at a time."""
    for chunk in chunks(read_table(scp).items()):
        yield [utt for utt, _ in chunk], np.stack([read_feature(location) for _, location in chunk])


def _in_label_set(label: str, emotions: Sequence[str]) -> str | None:
    try:
        emotion = canonical_emotion(label)
    except InputError:
        return None
    return emotion if emotion in emotions else None


def _read_attributes(data_dir: Path, utterances: Collection[str]) -> Mapping[str, np.ndarray]:
    """Returns utterance -> log F0, loudness, rate; nan where undefined."""
    path = data_dir / "attributes"
    table = read_attributes(path)
    attributes = {}
    for utt in utterances:
        if utt not in table:
            raise InputError(f"{path}: no line for '{utt}'; run stage 2 again")
        pitch, loudness, rate = table[utt]
        attributes[utt] = np.array([np.log(pitch) if pitch > 0 else np.nan, loudness, rate], dtype=np.float32)
    return attributes
