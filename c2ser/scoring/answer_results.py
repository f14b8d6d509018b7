"""What was measured of the answers of several experiment folders, by model, mode and set."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

KEY = ("model", "mode", "set")

Key = tuple[str, str, str]


def results_by_key(
    exp_dirs: Sequence[str | Path], measure: str, *, read: Callable[[Path], dict]
) -> dict[Key, list[dict]]:
    """Reads all results of a measure.

    Args:
        exp_dirs: contain ``<model>/inference_<mode>/<set>/<measure>/result.json``.
        measure: the folder's name, such as ``calibration``.
        read: reads a ``result.json``.

    Returns:
        Model, mode and set -> the results of all folders.

    Example:
        >>> results_by_key(["exp"], "faithfulness", read=read_reasons)  # doctest: +SKIP
    """
    grouped: dict[Key, list[dict]] = {}
    for exp_dir in exp_dirs:
        for path in sorted(Path(exp_dir).glob(f"*/inference_*/*/{measure}/result.json")):
            model, inference, dataset = path.parts[-5:-2]
            grouped.setdefault((model, inference.removeprefix("inference_"), dataset), []).append(read(path))
    return grouped


def mean_and_deviation(values: Sequence[float], shown: Callable[[float], str]) -> str:
    """Formats the mean of several folders' figures and their standard deviation (n - 1).

    Args:
        values: one of each folder; of one alone the deviation is ``-``.
        shown: formats a figure.

    Example:
        >>> mean_and_deviation([1.0, 3.0], "{:.1f}".format)
        '2.0 ± 1.4'
    """
    deviation = shown(float(np.std(values, ddof=1))) if len(values) > 1 else "-"
    return f"{shown(float(np.mean(values)))} ± {deviation}"


def spread_of(exp_dirs: Sequence[str | Path], otherwise: str) -> str:
    """Says in a heading what stands beside the figures of a table.

    Args:
        exp_dirs: the folders.
        otherwise: what it is for one folder alone.

    Example:
        >>> spread_of(["exp/fold1", "exp/fold2"], " [95 % interval]")
        ', mean ± standard deviation'
    """
    return ", mean ± standard deviation" if len(exp_dirs) > 1 else otherwise
