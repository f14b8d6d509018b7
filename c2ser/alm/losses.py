"""The loss of the audio language model on its answers, and self-distillation."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from c2ser.lm.inputs import IGNORED
from c2ser.nn import align_right


class Answers(NamedTuple):
    """The targets of a batch in one mode.

    Attributes:
        mode: ``explicit`` or ``implicit``.
        tokens: token ids of each answer with its end mark, (A,).
        emotion: booleans (A,) of each answer, True for tokens of the emotion's word.
        choices: (B, L) the token that the emotion's word would begin with, for each emotion of the label set; needed
            for distillation only.
    """

    mode: str
    tokens: Sequence[Tensor]
    emotion: Sequence[Tensor]
    choices: Tensor | None = None

    def longest(self) -> int:
        """Tokens of the longest answer."""
        return max(len(tokens) for tokens in self.tokens)

    def reasons(self) -> list[Tensor]:
        """Token ids of each answer up to the word of its emotion."""
        return [tokens[: int(marks.int().argmax())] for tokens, marks in zip(self.tokens, self.emotion, strict=True)]


class AnswerLoss:
    """Cross-entropy of answers by token, those of the emotion weighted, and how often the right token is the likeliest.

    Args:
        logits: (B, A, V), float32, of answers aligned right.
        answers: the targets.
        emotion_weight: weight of the emotion's tokens; all others weigh 1.

    Example:
        >>> AnswerLoss(logits, answers, emotion_weight=5.0).outputs()["loss"]  # doctest: +SKIP
    """

    def __init__(self, logits: Tensor, answers: Answers, *, emotion_weight: float):
        self._logits, self._choices = logits, answers.choices
        self._labels = align_right(answers.tokens, IGNORED)
        self._is_emotion = align_right(answers.emotion, False)
        self._answered = self._labels != IGNORED
        self._weights = torch.where(self._is_emotion, emotion_weight, 1.0) * self._answered
        token_loss = F.cross_entropy(
            logits.flatten(0, 1), self._labels.flatten(), ignore_index=IGNORED, reduction="none"
        ).view_as(self._labels)
        self._total = (token_loss * self._weights).sum()

    def outputs(self, teacher: Tensor | None = None, distillation_weight: float = 0.0) -> dict[str, Tensor]:
        """Returns the loss and what is logged beside it; see `C2SERModel.forward`.

        Args:
            teacher: log-probabilities of the emotions (B, L) that the answers are distilled from; None for no
                distillation.
            distillation_weight: of the divergence, relative to the emotion's first token.
        """
        right = self._logits.detach().argmax(2) == self._labels
        outputs = {
            "weight": self._weights.sum(),
            "emotion_accuracy": (right | ~self._is_emotion).all(1).float().mean(),
            "token_accuracy": right[self._answered].float().mean(),
        }
        total = self._total
        if teacher is not None:
            row, place = torch.arange(len(self._logits), device=total.device), self._is_emotion.int().argmax(1)
            student = self._logits[row, place].gather(1, self._choices).log_softmax(1)
            divergence = F.kl_div(student, teacher, log_target=True, reduction="none").sum(1)
            total = total + distillation_weight * (divergence * self._weights[row, place]).sum()
            outputs["divergence"] = divergence.mean()
        return {"loss": total / outputs["weight"], **outputs}


def drop_answer_tokens(embeddings: Tensor, share: float) -> Tensor:
    """Sets the embeddings of random tokens to zero, all of a token (word dropout).

    Args:
        embeddings: of an answer, (A, W).
        share: of the tokens.

    Returns:
        (A, W).
    """
    if not share:
        return embeddings
    return embeddings * (torch.rand(len(embeddings), 1, device=embeddings.device) >= share)
