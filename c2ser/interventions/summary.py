"""Whom the answers follow, in figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from c2ser.emotions import EMOTIONS, INVALID
from c2ser.scoring.answers import score_answers
from c2ser.scoring.shares import share_interval

OWN, OTHER, NEITHER = FOLLOWED = ("own", "other", "neither")


@dataclass(frozen=True)
class Outcome:
    """An answer to an utterance that had an input of another one.

    Attributes:
        recipient: the utterance.
        donor: the other one.
        own: what the recipient is answered with its own inputs; an emotion, or `INVALID`.
        other: what the donor is answered with its own inputs.
        answer: what the recipient is answered with the donor's input.
    """

    recipient: str
    donor: str
    own: str
    other: str
    answer: str

    @property
    def follows(self) -> str | None:
        """Whose answer it is, of `FOLLOWED`; None where that cannot be told, as both have the same answer, or none."""
        if INVALID in (self.own, self.other) or self.own == self.other:
            return None
        return {self.own: OWN, self.other: OTHER}.get(self.answer, NEITHER)

    @property
    def changed(self) -> bool:
        """Whether the answer is not that to the recipient's own inputs."""
        return self.answer != self.own


def exchange_figures(outcomes: Sequence[Outcome], *, units: Mapping[str, str]) -> dict:
    """Counts whom answers follow.

    Args:
        outcomes: of one condition.
        units: utterance -> what is drawn for intervals, its speaker or itself.

    Returns:
        ``n_pairs``; ``changed``, the share of answers that are not those to the recipient's own inputs, and its
        interval, of all pairs; ``n_told``, the number of pairs whose utterances have different answers, and of these
        the shares ``own``, ``other`` and ``neither`` and the interval of ``other``; null where there are none.

    Example:
        >>> outcomes = [Outcome("a", "b", "sad", "angry", "angry"), Outcome("b", "a", "angry", "sad", "angry")]
        >>> exchange_figures(outcomes, units={"a": "a", "b": "b"})["other"]
        0.5
    """
    differing = [outcome for outcome in outcomes if outcome.follows is not None]
    followed = Counter(outcome.follows for outcome in differing)
    return {
        "n_pairs": len(outcomes),
        "n_told": len(differing),
        **{name: followed[name] / len(differing) if differing else None for name in FOLLOWED},
        "other_ci95": _interval(differing, [outcome.follows == OTHER for outcome in differing], units),
        "changed": float(np.mean([outcome.changed for outcome in outcomes])) if outcomes else None,
        "changed_ci95": _interval(outcomes, [outcome.changed for outcome in outcomes], units),
    }


def reference_figures(labels: Mapping[str, str], answers: Mapping[str, str], *, speakers: Mapping[str, str]) -> dict:
    """Scores answers without an exchange.

    Args:
        labels: utterance -> true emotion.
        answers: utterance -> emotion, or `INVALID`.
        speakers: utterance -> speaker.

    Returns:
        What `score_answers` does, ``n_utts``, and ``answers``: how often each emotion was answered.
    """
    counts = Counter(answers[utt] for utt in labels)
    named = {emotion: counts[emotion] for emotion in (*EMOTIONS, INVALID) if counts[emotion]}
    return {"n_utts": len(labels), **score_answers(labels, answers, speakers=speakers), "answers": named}


def _interval(outcomes: Sequence[Outcome], hits: Sequence[bool], units: Mapping[str, str]) -> list[float] | None:
    if not outcomes:
        return None
    recipients = [outcome.recipient for outcome in outcomes]
    return share_interval(hits, utterances=recipients, units=[units[utt] for utt in recipients])
