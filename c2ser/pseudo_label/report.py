"""How far pseudo-labels can be trusted: each teacher and their agreement against true labels that none has seen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.stats import binomtest

from c2ser.data.files import atomic_write
from c2ser.emotions import EMOTIONS, INVALID
from c2ser.pseudo_label.agreement import agreement, surest
from c2ser.pseudo_label.teacher import Answers
from c2ser.scoring.metrics import RESAMPLES, count_confusion, overall_scores
from c2ser.scoring.tables import markdown_table, percent, with_interval

AGREEMENT = "agreement"
THRESHOLDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)  # of the table of what other thresholds would give


def evaluate(
    answers: Mapping[str, Answers], labels: Answers, thresholds: Mapping[str, float], truth: Mapping[str, str]
) -> dict:
    """Compares with the truth, over the utterances that have one.

    Args:
        answers: all answers of each teacher.
        labels: what is given as labels: the teachers' agreement.
        thresholds: of each teacher.
        truth: utterance -> true emotion.

    Returns:
        ``n_utts``; ``teachers``: the `teacher_scores` of each; ``labels``: the `label_scores` of the agreement and of
        each teacher alone at its threshold; ``by_threshold``: coverage and precision of all at other thresholds. Of
        more than one teacher also ``same_coverage``: the `label_scores` of each alone for its surest answers, as many
        as the agreement has; ``gain`` and ``gain_at_same_coverage``: the agreement's `precision_gain` over both.
    """
    answers = {name: _known(given, truth) for name, given in answers.items()}
    labels = _known(labels, truth)
    result = {
        "n_utts": len(truth),
        "teachers": {name: teacher_scores(given, truth) for name, given in answers.items()},
        "by_threshold": [_at_threshold(threshold, answers, truth) for threshold in THRESHOLDS],
    }
    if len(answers) == 1:
        return result | {"labels": {name: label_scores(labels, truth) for name in answers}}
    alone = {name: agreement([given], [thresholds[name]]) for name, given in answers.items()}
    as_many = {name: surest(given, len(labels)) for name, given in answers.items()}
    return result | {
        "labels": {name: label_scores(given, truth) for name, given in {**alone, AGREEMENT: labels}.items()},
        "same_coverage": {name: label_scores(given, truth) for name, given in as_many.items()},
        "gain": {name: precision_gain(labels, given, truth) for name, given in alone.items()},
        "gain_at_same_coverage": {name: precision_gain(labels, given, truth) for name, given in as_many.items()},
    }


def teacher_scores(answers: Answers, truth: Mapping[str, str]) -> dict:
    """Scores all answers of a teacher, whatever their confidence, over the utterances that it answers.

    Returns:
        ``n_answered``; where that is not 0 ``accuracy``, its 95 % interval ``ci95``, ``majority`` (the share of these
        utterances' most frequent emotion, which a teacher that has learned something exceeds), ``ua``, ``macro_f1`` and
        ``weighted_f1``.
    """
    if not answers:
        return {"n_answered": 0}
    truths = [truth[utt] for utt in answers]
    confusion = count_confusion(truths, [answer.emotion for answer in answers.values()], list(EMOTIONS))
    scores = {name: float(value) for name, value in overall_scores(confusion.counts).items()}
    return {
        "n_answered": len(answers),
        "accuracy": scores.pop("wa"),
        "ci95": wilson_interval(int(np.trace(confusion.counts)), len(answers)),
        "majority": Counter(truths).most_common(1)[0][1] / len(answers),
        **scores,
    }


def label_scores(labels: Answers, truth: Mapping[str, str]) -> dict:
    """Scores labels that a part of the utterances got.

    Returns:
        ``n_labelled``, ``coverage``, ``precision`` and its 95 % interval ``ci95`` (None without labels), ``per_class``:
        emotion -> the same of the labels that name it, and ``confusion``: counts, rows are true emotions, the last
        column utterances without a label.
    """
    given = [labels[utt].emotion if utt in labels else INVALID for utt in truth]
    right = Counter(emotion for emotion, true in zip(given, truth.values()) if emotion == true)
    total = Counter(emotion for emotion in given if emotion != INVALID)
    confusion = count_confusion(list(truth.values()), given, list(EMOTIONS))
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


def precision_gain(ours: Answers, theirs: Answers, truth: Mapping[str, str]) -> dict | None:
    """Compares the precision of two ways to label the same utterances.

    Returns:
        ``precision``: the difference, and ``ci95``: its 95 % interval by a paired bootstrap over utterances. Both ways
        decide together what becomes of an utterance, one of nine cases; resampling is drawing their counts. None where
        one of them labels nothing.
    """
    cases = [3 * _case(ours, utt, emotion) + _case(theirs, utt, emotion) for utt, emotion in truth.items()]
    counts = np.bincount(cases, minlength=9)
    difference = _difference(counts.reshape(1, 3, 3))
    if np.isnan(difference):
        return None
    draws = np.random.default_rng(0).multinomial(len(cases), counts / len(cases), size=RESAMPLES)
    differences = _difference(draws.reshape(-1, 3, 3))
    return {"precision": float(difference[0]), "ci95": np.nanquantile(differences, (0.025, 0.975)).tolist()}


def wilson_interval(hits: int, total: int) -> list[float]:
    """Returns the 95 % interval of a share (Wilson, 1927), which is sound for shares near 0 and 1 too."""
    return list(map(float, binomtest(hits, total).proportion_ci(method="wilson")))


def warnings(report: Mapping) -> list[str]:
    """Returns one line for each reason not to trust the labels."""
    lines = []
    if "held_out" not in report:
        lines.append("no held-out labels (--held_out_dir), so nobody knows how good these are")
    held_out = report.get("held_out", {"teachers": {}, "n_seen_speakers": 0})
    if held_out["n_seen_speakers"]:
        shared = held_out["n_seen_speakers"]
        lines.append(f"{shared} speakers of the held-out set are in the training set too; new ones may fare worse")
    for name, scores in held_out["teachers"].items():
        if scores["n_answered"] == 0:
            lines.append(f"the {name} teacher answers nothing about the held-out set; leave it out with --{name} none")
        elif scores["ci95"][0] <= scores["majority"]:
            lines.append(
                f"the {name} teacher is no better than always naming the most frequent emotion: accuracy "
                f"{with_interval(scores['accuracy'], scores['ci95'])} on held-out labels, {percent(scores['majority'])}"
                f" for the most frequent one; leave it out with --{name} none"
            )
    for name, gain in held_out.get("gain_at_same_coverage", {}).items():
        if gain and gain["ci95"][1] < 0:
            lines.append(
                f"the {name} teacher alone, where it is surest, labels as many utterances better: the agreement gains "
                f"{_gain(gain)}; keep only that teacher and raise --{name}_threshold"
            )
    if report["n_labelled"] == 0:
        lines.append("no utterance got a label; lower the thresholds or label more speech")
    return lines


def report_text(report: Mapping) -> str:
    """Returns the report as people read it; figures are per cent."""
    thresholds = ", ".join(f"{name} {threshold}" for name, threshold in report["thresholds"].items())
    unanswered = ", ".join(f"{name} {count}" for name, count in report["n_unanswered"].items())
    bound = f", at most {report['max_per_class']} an emotion" if report["max_per_class"] is not None else ""
    parts = [
        f"{report['n_labelled']} of {report['n_unlabelled']} utterances got a label (coverage "
        f"{percent(report['coverage'])}): confidence of at least {thresholds}{bound}.\n"
        f"Without an answer: {unanswered}.\n",
        markdown_table(["emotion", "labels"], [[name, str(count)] for name, count in report["per_class"].items()]),
    ]
    if "held_out" in report:
        parts += ["## Held-out labels, which no teacher has seen\n", _summary(report["held_out"])]
        if bound:
            parts.append(f"These are without the bound ({bound.strip(', ')}).\n")
    if "reference" in report:
        parts += ["## True labels of the unlabelled set\n", _summary(report["reference"])]
    parts += [f"warning: {line}\n" for line in warnings(report)]
    if "held_out" in report:
        parts += ["## Details of the held-out labels\n", *_details(report["held_out"])]
    return "\n".join(parts)


def plot_precision(answers: Mapping[str, Answers], truth: Mapping[str, str], path: str | Path) -> None:
    """Writes a PNG: the precision of the surest answers over their share of the utterances, of each teacher and, of
    more than one, their agreement."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, given in _with_agreement(answers, [0.0] * len(answers)).items():
        ranked = surest(_known(given, truth), len(truth))
        right = np.array([answer.emotion == truth[utt] for utt, answer in ranked.items()], dtype=float)
        count = np.arange(1, len(right) + 1)
        axes.plot(count / len(truth), right.cumsum() / count, label=name)
    axes.set(xlabel="coverage", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)


def _known(answers: Answers, truth: Mapping[str, str]) -> Answers:
    return {utt: answer for utt, answer in answers.items() if utt in truth}


def _with_agreement(answers: Mapping[str, Answers], thresholds: Sequence[float]) -> dict[str, Answers]:
    """The answers of each teacher at its threshold and, of more than one teacher, of their agreement."""
    chosen = {name: agreement([given], [least]) for (name, given), least in zip(answers.items(), thresholds)}
    if len(answers) > 1:
        chosen[AGREEMENT] = agreement(list(answers.values()), thresholds)
    return chosen


def _at_threshold(threshold: float, answers: Mapping[str, Answers], truth: Mapping[str, str]) -> dict:
    row: dict = {"threshold": threshold}
    for name, given in _with_agreement(answers, [threshold] * len(answers)).items():
        right = sum(answer.emotion == truth[utt] for utt, answer in given.items())
        row[name] = {"coverage": len(given) / len(truth), "precision": right / len(given) if given else None}
    return row


def _precision(right: int, total: int) -> dict:
    if total == 0:
        return {"precision": None, "ci95": None}
    return {"precision": right / total, "ci95": wilson_interval(right, total)}


def _case(labels: Answers, utt: str, emotion: str) -> int:
    """0: no label, 1: a wrong one, 2: the right one."""
    return 0 if utt not in labels else 1 + (labels[utt].emotion == emotion)


def _difference(counts: np.ndarray) -> np.ndarray:
    """Precision of the first way less that of the second, of counts (..., 3, 3); NaN where one labels nothing."""
    ours, theirs = counts.sum(axis=-1), counts.sum(axis=-2)
    with np.errstate(invalid="ignore"):
        return ours[..., 2] / ours[..., 1:].sum(axis=-1) - theirs[..., 2] / theirs[..., 1:].sum(axis=-1)


def _summary(result: Mapping) -> str:
    teachers = [[name, *_teacher_cells(scores)] for name, scores in result["teachers"].items()]
    scores = ["answers", "accuracy", "most frequent", "UA", "macro F1", "weighted F1"]
    gain = ["agreement gains"] if "gain" in result else []
    return "\n".join(
        [
            f"{result['n_utts']} utterances.\n",
            markdown_table(["teacher, all answers", *scores], teachers),
            markdown_table(["labels by", "coverage", "precision", *gain], _label_rows(result)),
        ]
    )


def _details(result: Mapping) -> list[str]:
    parts = [markdown_table(*_threshold_table(result["by_threshold"])), markdown_table(*_class_table(result["labels"]))]
    for name, scores in result["labels"].items():
        confusion = scores["confusion"]
        rows = [[true, *map(str, counts)] for true, counts in zip(confusion["rows"], confusion["counts"])]
        parts.append(markdown_table([f"{name}: true", *confusion["columns"][:-1], "no label"], rows))
    return parts


def _teacher_cells(scores: Mapping) -> list[str]:
    if scores["n_answered"] == 0:
        return ["0", *"-----"]
    figures = [percent(scores[name]) for name in ("majority", "ua", "macro_f1", "weighted_f1")]
    return [str(scores["n_answered"]), with_interval(scores["accuracy"], scores["ci95"]), *figures]


def _label_rows(result: Mapping) -> list[list[str]]:
    def row(name: str, scores: Mapping, *gain: str) -> list[str]:
        interval = "-" if scores["precision"] is None else with_interval(scores["precision"], scores["ci95"])
        return [name, percent(scores["coverage"]), interval, *gain]

    if "gain" not in result:
        return [row(name, scores) for name, scores in result["labels"].items()]
    rows = [row(name, scores, _gain(result["gain"].get(name))) for name, scores in result["labels"].items()]
    return rows + [
        row(f"{name}, its surest", scores, _gain(result["gain_at_same_coverage"][name]))
        for name, scores in result["same_coverage"].items()
    ]


def _threshold_table(by_threshold: Sequence[Mapping]) -> tuple[list[str], list[list[str]]]:
    names = [name for name in by_threshold[0] if name != "threshold"]
    header = ["all thresholds", *(f"{name}: coverage, precision" for name in names)]
    rows = [
        [
            f"{row['threshold']:.2f}",
            *(f"{percent(row[name]['coverage'])}, {_percent(row[name]['precision'])}" for name in names),
        ]
        for row in by_threshold
    ]
    return header, rows


def _class_table(labels: Mapping[str, Mapping]) -> tuple[list[str], list[list[str]]]:
    named = [emotion for emotion in EMOTIONS if any(emotion in scores["per_class"] for scores in labels.values())]

    def cell(scores: Mapping, emotion: str) -> str:
        found = scores["per_class"].get(emotion)
        return f"{found['n_labelled']}, {_percent(found['precision'])}" if found else "0, -"

    header = ["labels of", *(f"{name}: number, precision" for name in labels)]
    return header, [[emotion, *(cell(scores, emotion) for scores in labels.values())] for emotion in named]


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else percent(fraction)


def _gain(gain: Mapping | None) -> str:
    return "" if gain is None else with_interval(gain["precision"], gain["ci95"])
