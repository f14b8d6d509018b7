"""Emotion2Vec-S tokens that a user has, in a file of numpy's per utterance, instead of those that are computed."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from c2ser.data.features import read_npy
from c2ser.data.provenance import Provenance, check_encoder
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

NUM_TOKENS = 10  # of an utterance


@dataclass(frozen=True)
class GivenFeatures:
    """A folder of tokens, ``<name>.npy`` (10, D) per utterance.

    Attributes:
        folder: has the files.
        width: features of a token, D.
        encoder: of which Emotion2Vec-S they are; None where that is not known.

    Example:
        >>> given = GivenFeatures(Path("features"), width=768)
        >>> given.path("anna-1").as_posix()
        'features/anna-1.npy'
    """

    folder: Path
    width: int
    encoder: Provenance | None = None

    def check(self, expected: Provenance | None) -> None:
        """Checks that the features are of the encoder that a model was trained with, and warns if nobody knows.

        Args:
            expected: that encoder; None where it is not known either.

        Raises:
            InputError: they are of another one.
        """
        if self.encoder is None:
            logger.warning(
                "%s: of an unknown encoder; the answers are meaningless unless it is the model's, %s",
                self.folder,
                expected or "which is not known either",
            )
        elif expected is not None:
            check_encoder(self.encoder, expected, features=self.folder, user="the model")

    def path(self, name: str) -> Path:
        """Returns the file of an utterance, which need not exist."""
        return self.folder / f"{name}.npy"

    def read(self, name: str) -> np.ndarray:
        """Reads the tokens of an utterance.

        Returns:
            (10, D) float32.

        Raises:
            InputError: there is no such file, or it holds something else.
        """
        path, shape = self.path(name), (NUM_TOKENS, self.width)
        tokens = read_npy(path)
        if tokens.shape != shape:
            raise InputError(
                f"{path}: of shape {tokens.shape}; give the utterance's tokens, not its frames, of the model's own "
                f"Emotion2Vec-S, {shape}"
            )
        return tokens
