"""An auxiliary loss that teaches the connection module what lasts: levels and emotion from the pooled tokens."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.alm.config import MEDIUM_RATIO
from c2ser.languages import read_rationale
from c2ser.lm.inputs import IGNORED


class PooledClassifiers(nn.Module):
    """Linear classifiers of the levels and the emotion on the mean of an utterance's pooled tokens, for training alone.

    The language model's own loss reaches the pooled tokens through all its layers, and a small model is slow to find
    in them what a linear classifier finds at once. Medium levels, which most utterances have, weigh less, as in the
    answers.

    Args:
        width: of the pooled tokens, W.
        emotions: size of the label set.

    Example:
        >>> classifiers = PooledClassifiers(8, 5)
        >>> classifiers([torch.zeros(4, 8)], torch.tensor([[0, 2, IGNORED, 4]])).item() > 0
        True
    """

    def __init__(self, width: int, emotions: int):
        super().__init__()
        weights = torch.tensor([MEDIUM_RATIO if level == "medium" else 1.0 for level in LEVELS])
        self.register_buffer("level_weights", weights, persistent=False)
        sizes = [len(LEVELS)] * len(ATTRIBUTES) + [emotions]
        self.outputs = nn.ModuleList(nn.Linear(width, size) for size in sizes)

    def forward(self, pooled: Sequence[Tensor], classes: Tensor) -> Tensor:
        """Computes the loss of a batch.

        Args:
            pooled: pooled tokens (P, W) per utterance, after the connection module.
            classes: index of the level of each of `ATTRIBUTES` and of the emotion (B, 4); `IGNORED` where it is
                not known.

        Returns:
            Sum of the classes' weighted negative log-likelihoods.
        """
        means = torch.stack([tokens.mean(0) for tokens in pooled])
        with torch.autocast(means.device.type, enabled=False):
            weights = [self.level_weights] * len(ATTRIBUTES) + [None]
            losses = [
                F.cross_entropy(output(means.float()), chosen, weight, ignore_index=IGNORED, reduction="sum")
                for output, chosen, weight in zip(self.outputs, classes.T, weights, strict=True)
            ]
        return torch.stack(losses).sum()


def rationale_classes(text: str, emotions: Sequence[str]) -> np.ndarray:
    """Reads the classes that `PooledClassifiers` learn from a target.

    Args:
        text: an explicit target, or a rationale that was rewritten.
        emotions: the label set.

    Returns:
        Index of the level of each of `ATTRIBUTES` and of the emotion (4,); `IGNORED` for what is not stated.

    Example:
        >>> rationale_classes("This is said in a low pitch. So the emotion is sad.", ["angry", "sad"]).tolist()
        [0, -100, -100, 1]
    """
    rationale = read_rationale(text)
    levels = [rationale.level(name) for name in ATTRIBUTES]
    emotion = rationale.emotion
    return np.array(
        [IGNORED if level is None else LEVELS.index(level) for level in levels]
        + [emotions.index(emotion) if emotion in emotions else IGNORED]
    )
