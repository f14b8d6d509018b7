"""Linear probes on the layers of an encoder."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from examples import Batch, batches, read_examples
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from c2ser.acoustics.attributes import Attributes
from c2ser.acoustics.levels import UNKNOWN, parse_levels
from c2ser.data import DataDir
from c2ser.data.names import ATTRIBUTE_LEVELS, UTT2EMO
from c2ser.encoders.whisper import SemanticEncoder, build_semantic_encoder

INVERSE_REGULARISATION = 0.1
TASKS = (*Attributes._fields, UTT2EMO)


class Set(NamedTuple):
    """Utterances: means and deviations of each layer's frames (N, L, 2 D), and per task the labels (N,)."""

    vectors: np.ndarray
    labels: dict[str, np.ndarray]


def probe_layers(model: Path, train_dir: Path, *, test_dir: Path, batch_seconds: float) -> list[dict[str, float]]:
    """Returns, per layer, the mean recall over levels of pitch, loudness and rate, and over emotions."""
    encoder = build_semantic_encoder(str(model)).eval()
    encoder.layers = list(range(len(encoder.encoder.layers) + 1))
    train, test = (_read(encoder, folder, batch_seconds=batch_seconds) for folder in (train_dir, test_dir))
    return [{task: _recall(train, test, layer=layer, task=task) for task in TASKS} for layer in encoder.layers]


def _read(encoder: SemanticEncoder, folder: Path, *, batch_seconds: float) -> Set:
    vectors: dict[str, np.ndarray] = {}
    for batch in batches(read_examples(folder), batch_seconds):
        vectors.update(zip((example.id for example in batch.examples), _statistics(encoder, batch)))
    levels = DataDir(folder).iterate(ATTRIBUTE_LEVELS, UTT2EMO, parsers={ATTRIBUTE_LEVELS: parse_levels})
    rows = [(utt, *values, emotion) for utt, values, emotion in levels]
    utts, *columns = zip(*rows)
    return Set(np.stack([vectors[utt] for utt in utts]), dict(zip(TASKS, map(np.array, columns))))


@torch.inference_mode()
def _statistics(encoder: SemanticEncoder, batch: Batch) -> list[np.ndarray]:
    states, frames = encoder(batch.waveforms, batch.lengths)
    rows = [row[:count] for row, count in zip(states, frames.tolist())]
    return [torch.cat([row.mean(0), row.std(0)], dim=-1).numpy() for row in rows]


def _recall(train: Set, test: Set, *, layer: int, task: str) -> float:
    """Macro recall of logistic regression, classes of equal weight; what is undefined is left out."""
    x, y = _defined(train, layer, task=task)
    classifier = LogisticRegression(C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=1000)
    model = make_pipeline(StandardScaler(), classifier).fit(x, y)
    x, y = _defined(test, layer, task=task)
    return recall_score(y, model.predict(x), average="macro")


def _defined(utterances: Set, layer: int, *, task: str) -> tuple[np.ndarray, np.ndarray]:
    labels = utterances.labels[task]
    defined = labels != UNKNOWN
    return utterances.vectors[defined, layer], labels[defined]
