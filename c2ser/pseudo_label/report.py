"""The report on pseudo-labels as text: coverage, precision, and every reason not to trust them."""

from collections.abc import Mapping, Sequence

from c2ser.emotions import EMOTIONS
from c2ser.scoring.tables import markdown_table, percent, with_interval


def warnings(report: Mapping) -> list[str]:
    """Returns one line per reason not to trust the labels of a report."""
    lines = []
    if "held_out" not in report:
        lines.append("no held-out labels (--held_out_dir), so the reliability of these labels is unknown")
    held_out = report.get("held_out", {"teachers": {}, "n_seen_speakers": 0})
    if held_out["n_seen_speakers"]:
        shared = held_out["n_seen_speakers"]
        lines.append(f"{shared} speakers of the held-out set are in the training set; new speakers may be harder")
    for name, scores in held_out["teachers"].items():
        if scores["n_answered"] == 0:
            lines.append(f"the {name} teacher answers none of the held-out set; leave it out with --{name} none")
        elif scores["ci95"][0] <= scores["majority"]:
            lines.append(
                f"the {name} teacher is no better than the majority class: accuracy "
                f"{with_interval(scores['accuracy'], scores['ci95'])} on held-out labels, {percent(scores['majority'])}"
                f" for the majority class; leave it out with --{name} none"
            )
    for name, gain in held_out.get("gain_at_same_coverage", {}).items():
        if gain and gain["ci95"][1] < 0:
            lines.append(
                f"the {name} teacher's most confident answers are better than the agreement, which gains "
                f"{_gain(gain)}; keep only that teacher and raise --{name}_threshold"
            )
    if report["n_labelled"] == 0:
        lines.append("no utterance received a label; lower the thresholds or label more speech")
    return lines


def report_text(report: Mapping) -> str:
    """Returns the report as text; figures are per cent."""
    thresholds = ", ".join(f"{name} {threshold}" for name, threshold in report["thresholds"].items())
    unanswered = ", ".join(f"{name} {count}" for name, count in report["n_unanswered"].items())
    bound = f", at most {report['max_per_class']} per emotion" if report["max_per_class"] is not None else ""
    parts = [
        f"{report['n_labelled']} of {report['n_unlabelled']} utterances received a label (coverage "
        f"{percent(report['coverage'])}): confidence of at least {thresholds}{bound}.\n"
        f"Abstentions: {unanswered}.\n",
        markdown_table(["emotion", "labels"], [[name, str(count)] for name, count in report["per_class"].items()]),
    ]
    if "held_out" in report:
        parts += ["## Held-out labels, which no teacher was trained on\n", _summary(report["held_out"])]
        if bound:
            parts.append(f"These figures are without the limit ({bound.strip(', ')}).\n")
    if "reference" in report:
        parts += ["## True labels of the unlabelled set\n", _summary(report["reference"])]
    parts += [f"warning: {line}\n" for line in warnings(report)]
    if "held_out" in report:
        parts += ["## Details of the held-out labels\n", *_details(report["held_out"])]
    return "\n".join(parts)


def _summary(result: Mapping) -> str:
    teachers = [[name, *_teacher_cells(scores)] for name, scores in result["teachers"].items()]
    scores = ["answers", "accuracy", "majority", "UA", "macro F1", "weighted F1"]
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
        row(f"{name}, most confident", scores, _gain(result["gain_at_same_coverage"][name]))
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
