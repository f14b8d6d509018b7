"""How reliable teachers and their agreement are: scores against labels that no teacher was trained on."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from c2ser.emotions import EMOTIONS, INVALID
from c2ser.pseudo_label.agreement import agreement, most_confident
from c2ser.pseudo_label.teacher import Answers
from c2ser.scoring.metrics import count_confusion, overall_scores, wilson_interval
from c2ser.scoring.resampling import RESAMPLES

AGREEMENT = "agreement"
THRESHOLDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)  # for the table of coverage and precision


def evaluate(
    answers: Mapping[str, Answers], labels: Answers, *, thresholds: Mapping[str, float], truth: Mapping[str, str]
) -> dict:
    """Scores teachers and their agreement on the utterances with a true label.

    Args:
        answers: all answers of each teacher.
        labels: the labels assigned: the teachers' agreement.
        thresholds: of each teacher.
        truth: utterance -> true emotion.

    Returns:
        ``n_utts``; ``teachers``: `teacher_scores` of each; ``labels``: `label_scores` of the agreement and of each
        teacher alone at its threshold; ``by_threshold``: coverage and precision at other thresholds. With several
        teachers also ``same_coverage``: `label_scores` of each teacher's most confident answers, as many as the
        agreement has; ``gain`` and ``gain_at_same_coverage``: the agreement's `precision_gain` over both.
    """
    answers = {name: known_answers(given, truth) for name, given in answers.items()}
    labels = known_answers(labels, truth)
    result = {
        "n_utts": len(truth),
        "teachers": {name: teacher_scores(given, truth) for name, given in answers.items()},
        "by_threshold": [_at_threshold(threshold, answers, truth) for threshold in THRESHOLDS],
    }
    if len(answers) == 1:
        return result | {"labels": {name: label_scores(labels, truth) for name in answers}}
    alone = {name: agreement([given], [thresholds[name]]) for name, given in answers.items()}
    as_many = {name: most_confident(given, len(labels)) for name, given in answers.items()}
    return result | {
        "labels": {name: label_scores(given, truth) for name, given in {**alone, AGREEMENT: labels}.items()},
        "same_coverage": {name: label_scores(given, truth) for name, given in as_many.items()},
        "gain": {name: precision_gain(labels, given, truth=truth) for name, given in alone.items()},
        "gain_at_same_coverage": {name: precision_gain(labels, given, truth=truth) for name, given in as_many.items()},
    }


def teacher_scores(answers: Answers, truth: Mapping[str, str]) -> dict:
    """Scores all answers of a teacher, whatever their confidence.

    Args:
        answers: of utterances with a true label.
        truth: utterance -> true emotion.

    Returns:
        ``n_answered`` and, unless it is 0, ``accuracy``, its 95 % interval ``ci95``, ``majority`` (the share of the
        most frequent emotion among these utterances, the baseline to beat), ``ua``, ``macro_f1`` and ``weighted_f1``.
    """
    if not answers:
        return {"n_answered": 0}
    truths = [truth[utt] for utt in answers]
    confusion = count_confusion(truths, [answer.emotion for answer in answers.values()], emotions=list(EMOTIONS))
    scores = {name: float(value) for name, value in overall_scores(confusion.counts).items()}
    return {
        "n_answered": len(answers),
        "accuracy": scores.pop("wa"),
        "ci95": wilson_interval(int(np.trace(confusion.counts)), len(answers)),
        "majority": Counter(truths).most_common(1)[0][1] / len(answers),
        **scores,
    }


def label_scores(labels: Answers, truth: Mapping[str, str]) -> dict:
    """Scores labels assigned to some of the utterances.

    Args:
        labels: of utterances with a true label.
        truth: utterance -> true emotion.

    Returns:
        ``n_labelled``, ``coverage``, ``precision`` and its 95 % interval ``ci95`` (None without labels), ``per_class``:
        emotion -> the same for its labels, and ``confusion``: counts; rows are true emotions, the last column counts
        utterances without a label.
    """
    given = [labels[utt].emotion if utt in labels else INVALID for utt in truth]
    right = Counter(emotion for emotion, true in zip(given, truth.values()) if emotion == true)
    total = Counter(emotion for emotion in given if emotion != INVALID)
    confusion = count_confusion(list(truth.values()), given, emotions=list(EMOTIONS))
    return {
        "n_labelled": total.total(),
        "coverage": total.total() / len(truth),
        **_precision(right.total(), total.total()),
        "per_class": {
            emotion: {"n_labelled": total[emotion], **_precision(right[emotion], total[emotion])}
            for emotion in EMOTIONS
            if emotion in total
        },
        "confusion": {
            "rows": confusion.rows,
            "columns": confusion.columns,
            "counts": confusion.counts.tolist(),
        },
    }


def precision_gain(ours: Answers, theirs: Answers, *, truth: Mapping[str, str]) -> dict | None:
    """Compares the precision of two labellings of the same utterances.

    Args:
        ours: the labelling to compare.
        theirs: the labelling to compare with.
        truth: utterance -> true emotion.

    Returns:
        ``precision``: the difference, and ``ci95``: its 95 % interval by a paired bootstrap over utterances. None if
        one of them has no labels.
    """
    # Each utterance is one of 3 x 3 cases (no label, wrong, right), so resampling utterances is drawing case counts.
    cases = [3 * _case(ours, utt, emotion) + _case(theirs, utt, emotion) for utt, emotion in truth.items()]
    counts = np.bincount(cases, minlength=9)
    difference = _difference(counts.reshape(1, 3, 3))
    if np.isnan(difference):
        return None
    draws = np.random.default_rng(0).multinomial(len(cases), counts / len(cases), size=RESAMPLES)
    differences = _difference(draws.reshape(-1, 3, 3))
    return {"precision": float(difference[0]), "ci95": np.nanquantile(differences, (0.025, 0.975)).tolist()}


def known_answers(answers: Answers, truth: Mapping[str, str]) -> Answers:
    """Returns the answers about utterances with a true label."""
    return {utt: answer for utt, answer in answers.items() if utt in truth}


def with_agreement(answers: Mapping[str, Answers], thresholds: Sequence[float]) -> dict[str, Answers]:
    """Returns the answers of each teacher at its threshold and, with several teachers, their agreement."""
    chosen = {name: agreement([given], [least]) for (name, given), least in zip(answers.items(), thresholds)}
    if len(answers) > 1:
        chosen[AGREEMENT] = agreement(list(answers.values()), thresholds)
    return chosen


def _at_threshold(threshold: float, answers: Mapping[str, Answers], truth: Mapping[str, str]) -> dict:
    row: dict = {"threshold": threshold}
    for name, given in with_agreement(answers, [threshold] * len(answers)).items():
        right = sum(answer.emotion == truth[utt] for utt, answer in given.items())
        row[name] = {"coverage": len(given) / len(truth), "precision": right / len(given) if given else None}
    return row


def _precision(right: int, total: int) -> dict:
    if total == 0:
        return {"precision": None, "ci95": None}
    return {"precision": right / total, "ci95": wilson_interval(right, total)}


def _case(labels: Answers, utt: str, emotion: str) -> int:
    """0: no label, 1: wrong, 2: right."""
    return 0 if utt not in labels else 1 + (labels[utt].emotion == emotion)


def _difference(counts: np.ndarray) -> np.ndarray:
    """Precision of the first labelling minus that of the second, from counts (..., 3, 3); NaN if one has no labels."""
    ours, theirs = counts.sum(axis=-1), counts.sum(axis=-2)
    with np.errstate(invalid="ignore"):
        return ours[..., 2] / ours[..., 1:].sum(axis=-1) - theirs[..., 2] / theirs[..., 1:].sum(axis=-1)
