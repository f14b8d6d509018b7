"""A table of how right systems are about how sure they are: all results of ``calibration`` in experiment folders."""

import json
from collections.abc import Sequence
from pathlib import Path

from c2ser.errors import InputError
from c2ser.scoring.answer_results import KEY, mean_and_deviation, results_by_key
from c2ser.scoring.tables import markdown_table, percent

# Column -> name of the figure, and how it is shown.
COLUMNS = {
    "confidence": ("confidence", percent),
    "right": ("accuracy", percent),
    "calibration error": ("ece", percent),
    "Brier": ("brier", "{:.3f}".format),
    "NLL": ("nll", "{:.3f}".format),
    "AUROC": ("auroc", "{:.3f}".format),
    "AURC": ("aurc", "{:.3f}".format),
    "wrong of the surest 80 %": ("risk_at_80", percent),
}


def confidence_table(exp_dirs: Sequence[str | Path]) -> str | None:
    """Formats one line per model, mode and set; of several folds or seeds mean ± standard deviation (n - 1).

    Args:
        exp_dirs: contain ``<model>/inference_<mode>/<set>/calibration/result.json``.

    Returns:
        The table: mean confidence, share of right answers, expected calibration error and errors among the most
        confident 80 %, in per cent, Brier score, negative log-likelihood, AUROC of confidence, area under risk and
        coverage. None without any result.

    Raises:
        InputError: a ``result.json`` was not written by ``calibration``.

    Example:
        >>> print(confidence_table(["exp"]))  # doctest: +SKIP
    """
    grouped = results_by_key(exp_dirs, "calibration", read=_read)
    if not grouped:
        return None
    rows = [
        [*key, str(sum(result["n_utts"] for result in results)), *(_figure(results, name) for name in COLUMNS)]
        for key, results in grouped.items()
    ]
    return markdown_table([*KEY, "utts", *COLUMNS], rows, text_columns=len(KEY))


def _figure(results: Sequence[dict], column: str) -> str:
    """A figure, or its mean and deviation; ``-`` where it is undefined."""
    name, shown = COLUMNS[column]
    known = [result[name] for result in results if result[name] is not None]
    if not known:
        return "-"
    return mean_and_deviation(known, shown) if len(known) > 1 else shown(known[0])


def _read(path: Path) -> dict:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        is_whole = result.keys() >= {"n_utts", *(name for name, _ in COLUMNS.values())}
    except (ValueError, AttributeError):
        is_whole = False
    if not is_whole:
        raise InputError(f"{path}: not a result of calibration; run calibration again")
    return result
