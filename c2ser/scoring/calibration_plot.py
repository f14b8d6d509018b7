"""Calibration as a picture: what confidence is worth, and what is wrong among the most confident answers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from c2ser.data.files import atomic_write
from c2ser.scoring.calibration import NUM_BINS, Reliability, answers, reliability, risk_coverage
from c2ser.scoring.metrics import wilson_interval

COLOURS = ("#0072b2", "#d55e00")
POINTS = 500  # of a curve
LEAST = 20  # answers of a dot


def plot_calibration(
    probabilities: Mapping[str, np.ndarray], truth: np.ndarray, *, path: str | Path, num_bins: int = NUM_BINS
) -> None:
    """Writes a PNG with the reliability of one or two versions of the same answers, and their risk by coverage.

    Args:
        probabilities: name of a version -> (N, C).
        truth: column of the true emotion (N,).
        path: the PNG.
        num_bins: of the reliability.
    """
    figure = Figure(figsize=(9.2, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle=":")
    for colour, (name, own) in zip(COLOURS, probabilities.items()):
        confidence, correct = answers(own, truth)
        bins = reliability(confidence, correct, num_bins=num_bins)
        plot_reliability(left, bins, colour=colour, label=f"{name}: {bins.error:.3f}")
        _plot_risk(right, risk_coverage(confidence, correct), colour, name)
    left.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(-0.02, 1.02), aspect="equal")
    left.legend(title="expected calibration error", loc="upper left", fontsize="small")
    right.set(xlabel="coverage: most confident answers", ylabel="risk: share wrong", xlim=(0, 1))
    right.set_ylim(0, max(0.05, 1.3 * right.get_ylim()[1]))  # room for the legend
    right.legend(title="area under the curve", loc="upper left", fontsize="small")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)


def plot_reliability(axes: Axes, bins: Reliability, *, colour: str, label: str, scale: float = 1.0) -> None:
    """Draws the share of right answers of each bin, with its 95 % interval.

    Bins of a few answers, of which the share says little, are drawn together.

    Args:
        axes: to draw on.
        bins: of one version of the answers.
        colour: of dots and intervals.
        label: of the version.
        scale: of the axes: 100 for per cent.
    """
    bins = bins.of_at_least(LEAST)
    hits = np.rint(bins.accuracy * bins.counts).astype(int)
    bounds = np.array([wilson_interval(*own) for own in zip(hits.tolist(), bins.counts.tolist(), strict=True)])
    errors = np.abs(bounds.T - bins.accuracy)
    axes.errorbar(
        scale * bins.confidence,
        scale * bins.accuracy,
        yerr=scale * errors,
        color=colour,
        fmt="o",
        markersize=5,
        elinewidth=0.8,
        label=label,
    )


def _plot_risk(axes: Axes, risk: np.ndarray, colour: str, name: str) -> None:
    places = np.unique(np.linspace(0, len(risk) - 1, POINTS).astype(int))
    axes.plot((places + 1) / len(risk), risk[places], color=colour, label=f"{name}: {risk.mean():.3f}")
