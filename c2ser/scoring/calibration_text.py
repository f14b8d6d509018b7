"""What calibration found, to read."""

from collections.abc import Mapping, Sequence

from c2ser.scoring.tables import Table, percent

# Key of a measure -> its name, and whether it is a fraction that is told in per cent.
MEASURES = {
    "accuracy": ("accuracy, %", True),
    "confidence": ("mean confidence, %", True),
    "overconfidence": ("confidence less accuracy, %", True),
    "ece": ("expected calibration error, %", True),
    "brier": ("Brier score", False),
    "nll": ("negative log-likelihood", False),
    "auroc": ("AUROC of confidence", False),
    "aurc": ("area under risk and coverage", False),
    "risk_at_80": ("wrong among the most confident 80 %, %", True),
}


def calibration_text(result: Mapping) -> str:
    """Formats what ``result.json`` holds.

    Args:
        result: of `c2ser.scoring.calibration_files.measure_calibration`.
    """
    return "\n".join(table.markdown() for table in calibration_tables(result))


def calibration_tables(result: Mapping) -> list[Table]:
    """Returns the tables of `calibration_text`: measures, bins, emotions and, where they were asked for, sets."""
    versions = [result, *([result["tempered"]] if "tempered" in result else [])]
    intervals = result["ci95"]
    header = [
        "measure",
        "as scored",
        f"95 % over {result['ci95_over']}",
        *(f"temperature {result['temperature']:.2f}" for _ in versions[1:]),
    ]
    counts = [
        [name, str(result[key]), "", *("" for _ in versions[1:])]
        for key, name in (("n_utts", "utterances"), ("without_scores", "without scores, left out"))
    ]
    rows = []
    for key, (name, share) in MEASURES.items():
        first, *others = (_figure(own[key], share) for own in versions)
        rows.append([name, first, _interval(intervals.get(key), share), *others])
    tables = [Table(header, [*counts, *rows]), _bins(result["reliability"]), _classes(result["per_class"])]
    return [*tables, *([_sets(result["sets"])] if "sets" in result else [])]


def _figure(value: float | None, share: bool) -> str:
    if value is None:
        return "-"
    return percent(value) if share else f"{value:.3f}"


def _interval(bounds: Sequence[float] | None, share: bool) -> str:
    return "-" if bounds is None else f"[{_figure(bounds[0], share)}, {_figure(bounds[1], share)}]"


def _bins(bins: Mapping) -> Table:
    rows = [
        [str(count), percent(confidence), percent(accuracy)]
        for count, confidence, accuracy in zip(bins["counts"], bins["confidence"], bins["accuracy"], strict=True)
    ]
    return Table(["utterances", "confidence, %", "right, %"], rows, text_columns=0)


def _classes(per_class: Mapping) -> Table:
    rows = [
        [emotion, percent(own["ece"]), _figure(own["brier"], False), str(own["support"])]
        for emotion, own in per_class.items()
    ]
    return Table(["emotion", "calibration error, %", "Brier score", "utterances"], rows)


def _sets(sets: Mapping) -> Table:
    rows = [
        ["wanted coverage, %", percent(1 - sets["error_rate"])],
        ["coverage, %", percent(sets["coverage"])],
        ["emotions in a set", f"{sets['size']:.2f}"],
        ["sets of one emotion, %", percent(sets["single"])],
        ["empty sets, %", percent(sets["empty"])],
    ]
    return Table(["sets of emotions", f"of probability {sets['threshold']:.3f} or more"], rows)
