"""The loss of the audio language model on its answers, and self-distillation."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from c2ser.languages.parts import Part
from c2ser.lm.inputs import IGNORED
from c2ser.nn import align_right

TRANSCRIPT = "transcript"  # mode of answers that are the transcript alone


class LevelTargets(NamedTuple):
    """What the answers of a batch are to say of the three attributes' levels.

    Attributes:
        places: place in the answer of the first token that depends on the level (B, 3); -1 where there is none.
        choices: the token there for each level (B, 3, 3).
        shares: the share of each level in its target (B, 3, 3); they sum to one unless the level is not known.
    """

    places: Tensor
    choices: Tensor
    shares: Tensor


class Answers(NamedTuple):
    """The targets of a batch in one mode.

    Attributes:
        mode: ``explicit``, ``implicit`` or `TRANSCRIPT`.
        tokens: token ids of each answer with its end mark, (A,).
        parts: what each token of an answer tells, (A,): a `Part`.
        choices: (B, L) the token that the emotion's word would begin with, for each emotion of the label set; needed
            for distillation and ``emotion_shares`` only.
        emotion_shares: (B, L) the share of each emotion in the target of the emotion's first token, such as listeners'
            votes; None where the label is the target.
        levels: the same of the levels in explicit answers; None where the stated ones are the target.
    """

    mode: str
    tokens: Sequence[Tensor]
    parts: Sequence[Tensor]
    choices: Tensor | None = None
    emotion_shares: Tensor | None = None
    levels: LevelTargets | None = None

    def longest(self) -> int:
        """Tokens of the longest answer."""
        return max(len(tokens) for tokens in self.tokens)

    def reasons(self) -> list[Tensor]:
        """Token ids of each answer up to the word of its emotion."""
        places = [int((parts == Part.EMOTION).int().argmax()) for parts in self.parts]
        return [tokens[:place] for tokens, place in zip(self.tokens, places, strict=True)]

    def transcripts(self) -> list[Tensor]:
        """Token ids of the transcript that each answer quotes; empty where it quotes none."""
        return [tokens[parts == Part.TRANSCRIPT] for tokens, parts in zip(self.tokens, self.parts, strict=True)]

    def transcript_alone(self) -> "Answers":
        """The same answers without all but the transcript and the end mark."""
        kept = [torch.cat([parts[:-1] == Part.TRANSCRIPT, parts.new_ones(1).bool()]) for parts in self.parts]
        tokens, parts = (
            [values[chosen] for values, chosen in zip(rows, kept, strict=True)] for rows in (self.tokens, self.parts)
        )
        return Answers(TRANSCRIPT, tokens, parts)

    def mixed(self, mix: Callable[[Tensor], Tensor]) -> "Answers":
        """The same answers with other shares of emotions and levels, where these are targets.

        Args:
            mix: shares (B, S) -> those of mixtures of the utterances.
        """
        emotions, levels = self.emotion_shares, self.levels
        return self._replace(
            emotion_shares=None if emotions is None else mix(emotions),
            levels=levels and levels._replace(shares=mix(levels.shares.flatten(1)).view_as(levels.shares)),
        )


class AnswerLoss:
    """Cross-entropy of answers by token, weighted by what it tells, and how often the right token is the likeliest.

    The target of the emotion's first token may be a distribution over the tokens that the emotions' words begin with;
    so may that of a level's. Later tokens of the word are those of the label.

    Args:
        logits: (B, A, V), float32, of answers aligned right.
        answers: the targets.
        part_weights: weight of a token of each `Part`, in their order.

    Example:
        >>> AnswerLoss(logits, answers, part_weights=(1.0, 5.0, 5.0, 2.0)).outputs()["loss"]  # doctest: +SKIP
    """

    def __init__(self, logits: Tensor, answers: Answers, *, part_weights: Sequence[float]):
        self._logits, self._choices, self._mode = logits, answers.choices, answers.mode
        self._labels = align_right(answers.tokens, IGNORED)
        self._parts = align_right(answers.parts, Part.WORDING)
        self._answered = self._labels != IGNORED
        self._weights = logits.new_tensor(part_weights)[self._parts] * self._answered
        token_loss = F.cross_entropy(
            logits.flatten(0, 1), self._labels.flatten(), ignore_index=IGNORED, reduction="none"
        ).view_as(self._labels)
        self._total = (token_loss * self._weights).sum()
        if answers.emotion_shares is not None:
            self._total = self._total + self._towards_shares(
                token_loss, self._emotion, choices=self._choices, shares=answers.emotion_shares
            )
        if answers.levels is not None:
            self._total = self._total + self._towards_levels(token_loss, answers)

    def outputs(self, teacher: Tensor | None = None, distillation_weight: float = 0.0) -> dict[str, Tensor]:
        """Returns the loss and what is logged beside it; see `C2SERModel.forward`.

        Args:
            teacher: log-probabilities of the emotions (B, L) that the answers are distilled from; None for no
                distillation.
            distillation_weight: of the divergence, relative to the emotion's first token.
        """
        outputs = {"weight": self._weights.sum(), **self._accuracies()}
        total = self._total
        if teacher is not None:
            row, place = self._emotion
            student = self._logits[row, place].gather(1, self._choices).log_softmax(1)
            divergence = F.kl_div(student, teacher, log_target=True, reduction="none").sum(1)
            total = total + distillation_weight * (divergence * self._weights[row, place]).sum()
            outputs["divergence"] = divergence.mean()
        return {"loss": total / outputs["weight"], **outputs}

    @property
    def _emotion(self) -> tuple[Tensor, Tensor]:
        """Rows and places (B,) of the emotions' first tokens."""
        rows = torch.arange(len(self._logits), device=self._logits.device)
        return rows, (self._parts == Part.EMOTION).int().argmax(1)

    def _towards_levels(self, token_loss: Tensor, answers: Answers) -> Tensor:
        """`_towards_shares` of the levels that are stated, where all of the shares are known."""
        places, choices, shares = answers.levels
        row, attribute = ((places >= 0) & (shares.sum(2) > 1 - 1e-3)).nonzero(as_tuple=True)
        padding = self._labels.shape[1] - self._answered.sum(1)
        at = row, places[row, attribute] + padding[row]
        return self._towards_shares(token_loss, at, choices=choices[row, attribute], shares=shares[row, attribute])

    def _towards_shares(
        self, token_loss: Tensor, at: tuple[Tensor, Tensor], *, choices: Tensor, shares: Tensor
    ) -> Tensor:
        """How much more shares of several tokens cost than the label's token: weighted sum.

        Args:
            token_loss: of the labels (B, A).
            at: rows and places (N,) of the tokens.
            choices: ids of the tokens that have shares (N, C).
            shares: of each (N, C).
        """
        soft = -(shares * self._logits[at].log_softmax(1).gather(1, choices)).sum(1)
        return ((soft - token_loss[at]) * self._weights[at]).sum()

    def _accuracies(self) -> dict[str, Tensor]:
        """What is logged; nan where a batch tells none of it, which the trainer's averages pass over."""
        right = self._logits.detach().argmax(2) == self._labels
        accuracies = {"token_accuracy": right[self._answered].float().mean()}
        if self._mode != TRANSCRIPT:
            accuracies["emotion_accuracy"] = (right | (self._parts != Part.EMOTION)).all(1).float().mean()
        if self._mode == "explicit":
            is_level = (self._parts == Part.LEVEL) | (self._parts == Part.MEDIUM)
            accuracies["level_accuracy"] = (right & is_level).sum() / is_level.sum()
        if self._mode != "implicit":
            is_transcript = self._parts == Part.TRANSCRIPT
            accuracies["transcript_accuracy"] = (right & is_transcript).sum() / is_transcript.sum()
        return accuracies


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
