"""Curves of unweighted accuracy by what was changed in the audio."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from c2ser.data.files import atomic_write
from c2ser.stability.audio import DEGRADATIONS
from c2ser.stability.conditions import AUDIO, UNCHANGED

COLOUR, CHANGED_COLOUR = "#0072b2", "#d55e00"
COLUMNS = 4


def plot_curves(result: Mapping, path: str | Path) -> None:
    """Writes a PNG with a curve per change of the audio: UA with its interval, and the share of changed answers.

    Args:
        result: of `c2ser.stability.measuring.measure_stability`, with changes of the audio.
        path: the PNG.
    """
    curves = result[AUDIO]
    columns = min(COLUMNS, len(curves))
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(0.6 + 2.9 * columns, 0.7 + 2.5 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes in grid.flat[len(curves) :]:
        axes.set_axis_off()
    for axes, (kind, curve) in zip(grid.flat, curves.items()):
        plot_curve(axes, kind, curve=curve, unchanged=result[UNCHANGED])
    for axes in grid[:, 0]:
        axes.set_ylabel("%")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False, fontsize="small")
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=110)


def plot_curve(axes: Axes, kind: str, *, curve: list[Mapping], unchanged: Mapping) -> None:
    """Draws one curve at equal steps, as the values of some changes differ by powers.

    Args:
        axes: to draw on.
        kind: of the change, of `DEGRADATIONS`.
        curve: figures by value, of the result's ``audio``.
        unchanged: figures of the audio as it is.
    """
    known = DEGRADATIONS[kind]
    points = {own["value"]: own for own in curve}
    if known.unchanged is not None:
        points.setdefault(known.unchanged, unchanged)
    values = sorted(points)
    places = np.arange(len(values))
    ua = np.array([points[value]["ua"] for value in values])
    low, high = np.transpose([points[value]["ua_ci95"] for value in values])
    axes.axhline(100 * unchanged["ua"], color="black", linewidth=0.8, linestyle=":", label="UA as it is")
    bounds = 100 * np.stack([ua - low, high - ua]).clip(0)
    axes.errorbar(places, 100 * ua, bounds, color=COLOUR, marker="o", markersize=4, capsize=2, linewidth=1, label="UA")
    changed = [100 * points[value]["changed"] for value in values]
    axes.plot(places, changed, color=CHANGED_COLOUR, marker="s", markersize=3, linewidth=1, label="answers that change")
    axes.set_xticks(places, [f"{value:g}" for value in values])
    axes.set(xlabel=known.title, ylim=(-3, 103), xlim=(-0.5, len(values) - 0.5))
    axes.spines[["top", "right"]].set_visible(False)
