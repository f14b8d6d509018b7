"""Answers under all conditions, compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from c2ser.emotions import EMOTIONS, INVALID
from c2ser.errors import InputError
from c2ser.scoring.agreement import agreement_measures, vote
from c2ser.scoring.answers import score_answers
from c2ser.stability.conditions import ALONE, AUDIO, PROMPTS, SAMPLES, UNCHANGED, Condition

Labels = Mapping[str, str]  # utterance -> emotion


@dataclass(frozen=True)
class Answered:
    """Answers to a set under all conditions.

    Attributes:
        labels: true emotions.
        answers: name of a condition -> utterance -> emotion, or `INVALID`.
        confidence: name of a condition -> mean probability of the most probable emotion, where there are scores.
        speakers: utterance -> speaker, where known; intervals are over speakers if there are enough.
    """

    labels: Labels
    answers: Mapping[str, Labels]
    confidence: Mapping[str, float | None]
    speakers: Mapping[str, str]

    @property
    def utterances(self) -> list[str]:
        """Those that have a label."""
        return [utt for utt in self.answers[UNCHANGED] if utt in self.labels]

    def together(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Returns the answers to each labelled utterance under several conditions."""
        return {utt: [self.answers[name][utt] for name in names] for utt in self.utterances}

    def figures(self, name: str) -> dict:
        """Returns the scores under a condition, the share of answers that change, and the confidence if known."""
        own, unchanged = self.answers[name], self.answers[UNCHANGED]
        changed = float(np.mean([own[utt] != unchanged[utt] for utt in self.utterances]))
        confidence = self.confidence.get(name)
        known = {} if confidence is None else {"confidence": confidence}
        return self.scores(own) | {"changed": changed} | known

    def scores(self, answers: Labels) -> dict:
        """Returns ``ua``, ``wa``, ``invalid_rate`` and ``ua_ci95`` of answers."""
        labels = {utt: self.labels[utt] for utt in self.utterances}
        return score_answers(labels, answers, speakers=self.speakers)


def summarise_stability(conditions: Sequence[Condition], answered: Answered) -> dict:
    """Compares the answers under all conditions.

    Args:
        conditions: the first of which is the unchanged one.
        answered: the answers.

    Returns:
        ``n_utts`` and ``unchanged``, and of each group of conditions that there is: ``prompts`` (``ua`` as min, mean,
        max and sd, agreement of all prompts, and each prompt), ``samples`` (by temperature: ``ua`` likewise, agreement,
        scores of the vote), ``audio`` (by change, a list of figures by value) and ``alone`` (by sound).

    Raises:
        InputError: no answered utterance has a label.
    """
    if not answered.utterances:
        raise InputError("no labelled utterance was answered; give a set with labels (utt2emo)")
    groups: dict[str, dict[str, list[Condition]]] = {}
    for condition in conditions:
        groups.setdefault(condition.group, {}).setdefault(condition.curve, []).append(condition)
    result: dict = {"n_utts": len(answered.utterances), UNCHANGED: answered.figures(UNCHANGED)}
    if own := groups.get(PROMPTS):
        result[PROMPTS] = _prompts([condition for curve in own.values() for condition in curve], answered)
    if own := groups.get(SAMPLES):
        result[SAMPLES] = {temperature: _samples(curve, answered) for temperature, curve in own.items()}
    if own := groups.get(AUDIO):
        result[AUDIO] = {
            kind: [{"value": condition.value, **answered.figures(condition.name)} for condition in curve]
            for kind, curve in own.items()
        }
    if own := groups.get(ALONE):
        result[ALONE] = {sound: _alone(condition.name, answered) for sound, (condition,) in own.items()}
    return result


def _prompts(conditions: Sequence[Condition], answered: Answered) -> dict:
    names = [UNCHANGED, *(condition.name for condition in conditions)]
    figures = {name: answered.figures(name) for name in names}
    prompts = {condition.name: {"prompt": condition.prompt, **figures[condition.name]} for condition in conditions}
    return {
        "ua": _spread([own["ua"] for own in figures.values()]),
        **agreement_measures(answered.together(names)),
        "by_prompt": prompts,
    }


def _samples(conditions: Sequence[Condition], answered: Answered) -> dict:
    names = [condition.name for condition in conditions]
    together = answered.together(names)
    return {
        "answers": len(names),
        "ua": _spread([answered.scores(answered.answers[name])["ua"] for name in names]),
        **agreement_measures(together),
        "vote": answered.scores({utt: vote(own) for utt, own in together.items()}),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Minimum, mean, maximum and standard deviation (n - 1)."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"min": min(values), "mean": float(np.mean(values)), "max": max(values), "sd": deviation}


def _alone(name: str, answered: Answered) -> dict:
    counts, confidence = Counter(answered.answers[name].values()), answered.confidence.get(name)
    known = {} if confidence is None else {"confidence": confidence}
    return {
        "sounds": counts.total(),
        "invalid_rate": counts[INVALID] / counts.total(),
        **known,
        "answers": {emotion: counts[emotion] for emotion in (*EMOTIONS, INVALID) if counts[emotion]},
    }
