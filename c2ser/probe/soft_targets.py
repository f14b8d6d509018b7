"""Training on distributions over emotions, such as listeners' votes, with classifiers that know only classes."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone

from c2ser.emotions import EMOTIONS

SMALLEST = 1e-6  # probability of an emotion that a classifier was not trained on


class SoftTargetClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Fits a classifier to targets that are shares of the emotions.

    Each utterance stands once for each emotion in its target, weighted by the share: the weighted cross-entropy of
    these rows is the cross-entropy of the predicted distribution to the target.

    Args:
        estimator: a classifier of scikit-learn whose ``fit`` takes ``sample_weight``.

    Example:
        >>> from sklearn.linear_model import LogisticRegression
        >>> shares = np.zeros((1, len(EMOTIONS)))
        >>> shares[0, [0, 1]] = 0.75, 0.25  # angry and happy
        >>> soft = SoftTargetClassifier(LogisticRegression(C=100)).fit(np.ones((1, 1)), shares)
        >>> soft.predict_proba(np.ones((1, 1)))[0, :2].round(2).tolist()
        [0.75, 0.25]
    """

    def __init__(self, estimator: ClassifierMixin):
        self.estimator = estimator

    def fit(self, vectors: np.ndarray, shares: np.ndarray) -> "SoftTargetClassifier":
        """Fits the classifier.

        Args:
            vectors: (N, D).
            shares: (N, E) of the emotions of the vocabulary, `EMOTIONS`; each row sums to 1.
        """
        rows, columns = np.nonzero(shares)
        names = np.array(EMOTIONS)[columns]
        self.estimator_ = clone(self.estimator).fit(vectors[rows], names, sample_weight=shares[rows, columns])
        self.classes_ = self.estimator_.classes_
        return self

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Returns the most probable emotion of each vector (N, D)."""
        return self.estimator_.predict(vectors)

    def predict_proba(self, vectors: np.ndarray) -> np.ndarray:
        """Returns the probabilities (N, E) of the emotions of the vocabulary for vectors (N, D)."""
        probabilities = np.zeros((len(vectors), len(EMOTIONS)))
        probabilities[:, [EMOTIONS.index(name) for name in self.classes_]] = self.estimator_.predict_proba(vectors)
        return probabilities

    def score(self, vectors: np.ndarray, shares: np.ndarray) -> float:
        """Returns the mean log-likelihood of targets, which is highest for their own distribution.

        Args:
            vectors: (N, D).
            shares: (N, E).
        """
        probabilities = np.maximum(self.predict_proba(vectors), SMALLEST)
        return float((shares * np.log(probabilities)).sum(axis=1).mean())
