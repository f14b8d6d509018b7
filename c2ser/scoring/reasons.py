"""Tables of how true explicit answers are to the audio: all results of ``faithfulness`` in experiment folders."""

import json
from collections.abc import Sequence
from pathlib import Path

from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.errors import InputError
from c2ser.scoring.answer_results import KEY, mean_and_deviation, results_by_key
from c2ser.scoring.faithfulness_counts import ERROR_RATES, RATES
from c2ser.scoring.tables import markdown_table, percent, with_interval

LABELS = {"wording_rate": "whole", "language_rate": "language", "agreement": "agreement"}


def reasons_table(exp_dirs: Sequence[str | Path]) -> str | None:
    """Formats one line per model, mode and set, in per cent, with the 95 % interval; of several folds mean ± standard
    deviation (n - 1).

    Args:
        exp_dirs: contain ``<model>/inference_<mode>/<set>/faithfulness/result.json``.

    Returns:
        The table: macro recall of each stated level, error rates of the quoted words, answers that are a whole
        rationale, in the right language, and whose reasons agree with their conclusion. None without any result.

    Raises:
        InputError: a ``result.json`` was not written by ``faithfulness``.

    Example:
        >>> print(reasons_table(["exp"]))  # doctest: +SKIP
    """
    by_key = results_by_key(exp_dirs, "faithfulness", read=read_reasons)
    if not by_key:
        return None
    header = [*KEY, "utts", *ATTRIBUTES, *map(str.upper, ERROR_RATES), *LABELS.values()]
    rows = [
        [
            *key,
            str(sum(result["n_utts"] for result in results)),
            *(_figure([result["levels"][name] for result in results], "macro_recall") for name in ATTRIBUTES),
            *(_figure(results, name) for name in (*ERROR_RATES, *LABELS)),
        ]
        for key, results in by_key.items()
    ]
    return markdown_table(header, rows, text_columns=len(KEY))


def read_reasons(path: str | Path) -> dict:
    """Reads the ``result.json`` of ``faithfulness``.

    Raises:
        InputError: ``faithfulness`` did not write it.

    Example:
        >>> read_reasons("faithfulness/result.json")["levels"]["pitch"]["macro_recall"]  # doctest: +SKIP
        0.86
    """
    path = Path(path)
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        is_whole = {*ERROR_RATES, *RATES} == result["ci95"].keys() <= result.keys() >= {"n_utts"} and all(
            "macro_recall" in figures for figures in map(result["levels"].get, ATTRIBUTES)
        )
    except (ValueError, AttributeError, TypeError, KeyError):
        is_whole = False
    if not is_whole:
        raise InputError(f"{path}: not a result of faithfulness; run faithfulness again")
    return result


def _figure(results: Sequence[dict], name: str) -> str:
    """A figure with its interval, or its mean and deviation over folds; ``-`` where it is undefined."""
    known = [result for result in results if result[name] is not None]
    if not known:
        return "-"
    values = [result[name] for result in known]
    if len(values) > 1:
        return mean_and_deviation(values, percent)
    return percent(values[0]) if len(results) > 1 else with_interval(values[0], known[0]["ci95"][name])
