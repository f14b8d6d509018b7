"""How far pseudo-labels can be trusted: the teachers on unseen speakers, and against true labels where known."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

FOLDS = 5


def teacher_accuracy(teacher: Pipeline, inputs: Sequence, emotions: Sequence[str], speakers: Sequence[str]) -> dict:
    """Measures a teacher on speakers that it has not seen, in up to five folds.

    Returns:
        ``accuracy`` (None where there are too few speakers to hold some out) and ``majority``, the share of the most
        frequent emotion, which the accuracy of a teacher that has learned something exceeds.
    """
    majority = Counter(emotions).most_common(1)[0][1] / len(emotions)
    emotions, speakers = np.array(emotions), np.array(speakers)
    num_folds = min(FOLDS, len(set(speakers)))
    if num_folds < 2:
        return {"accuracy": None, "majority": majority}
    correct = 0
    for train, held_out in GroupKFold(num_folds).split(emotions, groups=speakers):
        if len(set(emotions[train])) < 2:
            return {"accuracy": None, "majority": majority}
        fitted = clone(teacher).fit([inputs[index] for index in train], emotions[train])
        correct += int((fitted.predict([inputs[index] for index in held_out]) == emotions[held_out]).sum())
    return {"accuracy": correct / len(emotions), "majority": majority}


def precision(answers: Mapping[str, str], truth: Mapping[str, str]) -> float | None:
    """Returns the share of right answers among those whose truth is known; None without any."""
    known = [truth[utt] == emotion for utt, emotion in answers.items() if utt in truth]
    return sum(known) / len(known) if known else None


def warnings(report: Mapping) -> list[str]:
    """Returns one line for each reason not to trust the labels."""
    lines = [
        f"the {name} teacher (accuracy {result['accuracy']:.3f} on unseen speakers) is no better than the most "
        f"frequent emotion ({result['majority']:.3f}): do not trust its labels"
        for name, result in report["teachers"].items()
        if result["accuracy"] is not None and result["accuracy"] <= result["majority"]
    ]
    if report["n_agreed"] == 0:
        lines.append("the teachers agree on no utterance: lower --threshold or label more speech")
    return lines


def report_text(report: Mapping) -> str:
    """Returns the report as people read it."""
    lines = [
        f"{report['n_agreed']} of {report['n_unlabelled']} utterances got a label (coverage {report['coverage']:.3f}): "
        f"both teachers name it with a probability of {report['threshold']} or more.",
        f"Without a transcript, hence without a label: {report['n_without_text']}.",
        "",
        f"Teachers, trained on {report['n_train']} labelled utterances:",
    ]
    for name, result in report["teachers"].items():
        line = (
            f"  {name:10}accuracy on unseen speakers {_figure(result['accuracy'])}, majority {result['majority']:.3f}"
        )
        lines.append(line + (f", precision here {_figure(result['precision'])}" if "precision" in result else ""))
    if "precision" in report:
        lines.append(f"  {'agreement':10}precision here {_figure(report['precision'])}")
    lines += ["", "Labels:"] + [f"  {emotion:12}{count:8}" for emotion, count in report["per_class"].items()]
    lines += [f"\nwarning: {line}" for line in warnings(report)]
    return "\n".join(lines) + "\n"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
