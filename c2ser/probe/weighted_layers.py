"""Logistic regression on a learned weighted average of an encoder's layers, as in SUPERB.

References:
    Yang et al.: SUPERB: Speech processing universal performance benchmark. Interspeech 2021.
"""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import BaseEstimator, ClassifierMixin
from torch import Tensor

MAX_ITERATIONS = 500


class WeightedLayers(ClassifierMixin, BaseEstimator):
    """Learns the weights of layers, which are positive and sum to 1, together with a linear classifier of the average.

    With one layer it is scikit-learn's ``LogisticRegression``, with the same objective.

    Args:
        num_layers: number L of layers that are side by side in a vector.
        C: inverse of the regularisation, of the classifier and towards equal weights of all layers: without it the
            weight goes to a single layer where utterances are few.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> layers = rng.normal(size=(60, 2, 4))  # of which the second tells
        >>> labels = np.where(layers[:, 1, 0] > 0, "angry", "sad")
        >>> WeightedLayers(2).fit(layers.reshape(60, 8), labels).layer_weights_.argmax()
        np.int64(1)
    """

    def __init__(self, num_layers: int = 1, C: float = 1.0):
        self.num_layers = num_layers
        self.C = C

    def fit(self, vectors: np.ndarray, labels: np.ndarray, *, sample_weight: np.ndarray | None = None):
        """Fits weights and classifier by L-BFGS, from equal weights of all layers.

        Args:
            vectors: (N, L * D), the first layer's features first.
            labels: (N,).
            sample_weight: (N,); 1 by default.
        """
        self.classes_, targets = np.unique(labels, return_inverse=True)
        layers = torch.as_tensor(np.asarray(vectors, np.float64)).view(len(vectors), self.num_layers, -1)
        counts = torch.ones(len(vectors)) if sample_weight is None else torch.as_tensor(sample_weight)
        num_classes = len(self.classes_)
        sizes = {"mix": self.num_layers, "weight": (num_classes, layers.shape[2]), "bias": num_classes}
        own = {name: torch.zeros(size, dtype=torch.float64, requires_grad=True) for name, size in sizes.items()}
        optimizer = torch.optim.LBFGS(
            list(own.values()), max_iter=MAX_ITERATIONS, tolerance_grad=1e-6, line_search_fn="strong_wolfe"
        )

        def loss() -> Tensor:
            optimizer.zero_grad()
            average = torch.einsum("nld,l->nd", layers, own["mix"].softmax(0))
            errors = F.cross_entropy(
                average @ own["weight"].T + own["bias"], torch.as_tensor(targets), reduction="none"
            )
            squares = own["weight"].square().sum() + own["mix"].square().sum()
            value = (counts * errors).mean() + squares / (2 * self.C * len(vectors))
            value.backward()
            return value

        optimizer.step(loss)
        mix, weight, bias = (own[name].detach() for name in ("mix", "weight", "bias"))
        self.layer_weights_ = mix.softmax(0).numpy()
        self.coef_ = torch.einsum("cd,l->cld", weight, mix.softmax(0)).flatten(1).numpy()  # of the layers side by side
        self.intercept_ = bias.numpy()
        return self

    def predict_proba(self, vectors: np.ndarray) -> np.ndarray:
        """Returns the probabilities (N, C) of the classes for vectors (N, L * D)."""
        logits = np.asarray(vectors, np.float64) @ self.coef_.T + self.intercept_
        return torch.from_numpy(logits).softmax(1).numpy()

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Returns the most probable class of each vector (N, L * D)."""
        return self.classes_[self.predict_proba(vectors).argmax(axis=1)]
