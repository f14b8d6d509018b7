"""Classifiers of the probe on standardised features: logistic regression or one hidden layer."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, recall_score
from sklearn.model_selection import GridSearchCV, GroupKFold, ParameterGrid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from c2ser.data.files import atomic_write
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.probe.features import LabelledFeatures
from c2ser.probe.soft_targets import SoftTargetClassifier
from c2ser.probe.weighted_layers import WeightedLayers

# From strong to weak regularisation: of equally good ones the first, i.e. the stronger, is chosen.
INVERSE_REGULARISATION = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
HIDDEN_SIZES = ((128,), (256,))
LEARNING_RATES = (1e-4, 1e-3)
WEIGHTED = "weighted"  # the head that averages an encoder's layers
EPOCHS = 100
MAX_FOLDS = 5

Split = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Probe:
    """A trained linear probe.

    Attributes:
        emotions: the C classes.
        mean: of the features (D,), float64.
        scale: standard deviation of the features (D,), float64.
        weight: (C, D), float64.
        bias: (C,), float64.
        layer_weights: (L,), where the features are an encoder's layers side by side, of which an average is classified.

    Example:
        >>> probe = Probe(["angry", "sad"], np.zeros(1), np.ones(1), np.array([[1.0], [-1.0]]), np.zeros(2))
        >>> probe.predict(np.array([[2.0], [-2.0]]))
        ['angry', 'sad']
    """

    emotions: list[str]
    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    layer_weights: np.ndarray | None = None

    def predict(self, vectors: np.ndarray) -> list[str]:
        """Returns the most probable emotion of each vector (N, D)."""
        return [self.emotions[column] for column in self.probabilities(vectors).argmax(axis=1)]

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """Returns the probabilities (N, C) of the emotions for vectors (N, D)."""
        return softmax((vectors - self.mean) / self.scale @ self.weight.T + self.bias, axis=1)

    def save(self, path: str | Path) -> None:
        """Writes the weights as safetensors with the emotions as metadata."""
        tensors = {"mean": self.mean, "scale": self.scale, "weight": self.weight, "bias": self.bias}
        if self.layer_weights is not None:
            tensors["layer_weights"] = self.layer_weights
        rows = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}  # safetensors ignores strides
        with atomic_write(path, "wb") as file:
            file.write(safetensors.numpy.save(rows, metadata={"emotions": " ".join(self.emotions)}))


def load_probe(path: str | Path) -> Probe:
    """Reads a file written by `Probe.save`."""
    with safetensors.safe_open(path, framework="numpy") as file:
        emotions = file.metadata()["emotions"].split()
        return Probe(emotions, **{name: file.get_tensor(name) for name in file.keys()})


def fit_probe(train: LabelledFeatures, dev: LabelledFeatures | None = None) -> Probe:
    """Trains logistic regression; the regularisation is chosen by UA, on votes by the likelihood of held-out ones.

    Args:
        train: utterances to train on; where they have ``shares``, on those.
        dev: utterances to choose the regularisation on; None for cross-validation over the speakers of ``train``.

    Raises:
        InputError: there are fewer than two emotions, or no dev set and too few speakers for folds.
    """
    return _fit_linear(train, dev)[0]


def recognise(probe: Probe | Pipeline, test: LabelledFeatures) -> dict[str, str]:
    """Returns the emotion that a trained head finds in each utterance.

    Args:
        probe: what `fit_head` returned.
        test: the utterances.
    """
    return dict(zip(test.utterances, map(str, probe.predict(test.vectors)), strict=True))


def emotion_scores(probe: Probe | Pipeline, test: LabelledFeatures) -> dict[str, dict[str, float]]:
    """Returns the probability that a trained head gives each emotion of its training set, by utterance.

    Args:
        probe: what `fit_head` returned.
        test: the utterances.
    """
    if isinstance(probe, Probe):
        known = emotions = probe.emotions
        probabilities = probe.probabilities(test.vectors)
    else:
        known = list(map(str, probe.classes_))
        emotions = EMOTIONS if isinstance(probe[-1], SoftTargetClassifier) else known
        probabilities = probe.predict_proba(test.vectors)
    return {
        utt: {emotion: share for emotion, share in zip(emotions, row, strict=True) if emotion in known}
        for utt, row in zip(test.utterances, probabilities.tolist(), strict=True)
    }


def fit_head(
    head: str, train: LabelledFeatures, *, dev: LabelledFeatures | None = None
) -> tuple[Probe | Pipeline, float]:
    """Trains a probe, and says how good it is on what its hyperparameters were chosen on.

    Args:
        head: ``linear``, as `fit_probe`; ``weighted``, the same on a learned average of the layers that are side by
            side in a vector, see `WeightedLayers`; or ``mlp``, EmoBox's classifier: one hidden layer, ReLU, 100 epochs
            of Adam, with a fixed seed.
        train: utterances to train on.
        dev: utterances to choose hyperparameters on; None for cross-validation over the speakers of ``train``.

    Returns:
        The probe and its UA there, from 0 to 1; on votes their mean log-likelihood.

    Raises:
        InputError: as `fit_probe`.

    References:
        Ma et al.: EmoBox: Multilingual multi-corpus speech emotion recognition toolkit and benchmark. Interspeech 2024.
    """
    return {"linear": _fit_linear, WEIGHTED: _fit_weighted, "mlp": _fit_network}[head](train, dev)


def _fit_linear(train: LabelledFeatures, dev: LabelledFeatures | None) -> tuple[Probe, float]:
    model, score = _fit_best(LogisticRegression(max_iter=1000), {"C": INVERSE_REGULARISATION}, train, dev)
    return _as_probe(model), score


def _fit_weighted(train: LabelledFeatures, dev: LabelledFeatures | None) -> tuple[Probe, float]:
    model, score = _fit_best(WeightedLayers(train.layers), {"C": INVERSE_REGULARISATION}, train, dev)
    return _as_probe(model), score


def _fit_network(train: LabelledFeatures, dev: LabelledFeatures | None) -> tuple[Pipeline, float]:
    # No early stopping: all epochs are run.
    head = MLPClassifier(max_iter=EPOCHS, n_iter_no_change=EPOCHS, random_state=0)
    grid = {"hidden_layer_sizes": HIDDEN_SIZES, "learning_rate_init": LEARNING_RATES}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed on purpose
        return _fit_best(head, grid, train, dev)


def _fit_best(
    head: ClassifierMixin, grid: dict[str, Sequence], train: LabelledFeatures, dev: LabelledFeatures | None
) -> tuple[Pipeline, float]:
    if len(train.classes) < 2:
        raise InputError(f"training set: every utterance is '{train.emotions[0]}'; a probe needs at least two emotions")
    soft = train.shares is not None
    own = train.shares if soft else train.emotions
    if dev is None:
        vectors, targets, splits = train.vectors, own, _speaker_folds(train)
    else:
        vectors = np.concatenate([train.vectors, dev.vectors])
        targets = np.concatenate([own, dev.shares if soft else dev.emotions])
        splits = [(np.arange(len(own)), np.arange(len(own), len(targets)))]
    model = Pipeline([("scaler", StandardScaler()), ("head", SoftTargetClassifier(head) if soft else head)])
    grid = {f"head__{'estimator__' if soft else ''}{name}": values for name, values in grid.items()}
    scoring = None if soft else make_scorer(_unweighted_accuracy)  # soft targets have a score of their own
    splits = list(splits)
    num_fits = len(splits) * len(ParameterGrid(grid)) + 1
    with tqdm(total=num_fits, desc="fitting", unit="fit", disable=None, leave=False) as bar:
        search = GridSearchCV(model, grid, scoring=_counted(scoring, bar), cv=splits, refit=False)
        model.set_params(**search.fit(vectors, targets).best_params_)
        model.fit(train.vectors, own)
    return model, float(search.best_score_)


def _counted(scoring: Callable | None, bar: tqdm) -> Callable:
    """Returns a scorer that moves a progress bar on with each model that it scores."""

    def score(model: Pipeline, vectors: np.ndarray, targets: np.ndarray) -> float:
        bar.update()
        return model.score(vectors, targets) if scoring is None else scoring(model, vectors, targets)

    return score


def _speaker_folds(train: LabelledFeatures) -> Sequence[Split]:
    """Returns folds with disjoint speakers, without those that leave a single emotion to train on."""
    n_speakers = len(np.unique(train.speakers))
    if n_speakers < 2:
        raise InputError(
            f"training set: all utterances are of speaker '{train.speakers[0]}'; give a dev set (--dev_dir)"
        )
    folds = GroupKFold(min(MAX_FOLDS, n_speakers)).split(train.vectors, train.emotions, train.speakers)
    usable = [(rest, fold) for rest, fold in folds if len(np.unique(train.emotions[rest])) > 1]
    if not usable:
        raise InputError("training set: no fold over speakers has two emotions to train on; give a dev set (--dev_dir)")
    return usable


def _unweighted_accuracy(reference: np.ndarray, hypothesis: np.ndarray) -> float:
    return recall_score(reference, hypothesis, labels=np.unique(reference), average="macro")


def _as_probe(model: Pipeline) -> Probe:
    scaler, head = model
    regression = head.estimator_ if isinstance(head, SoftTargetClassifier) else head
    weight, bias = regression.coef_, regression.intercept_
    if len(weight) == 1:  # of two classes scikit-learn stores the logit of the second
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    layer_weights = getattr(regression, "layer_weights_", None)
    return Probe(regression.classes_.tolist(), scaler.mean_, scaler.scale_, weight, bias, layer_weights)
