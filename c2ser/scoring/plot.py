"""Matrices as pictures: confusions, and figures of pairs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from c2ser.data.files import atomic_write
from c2ser.scoring.metrics import Confusion


def plot_confusion(confusion: Confusion, path: str | Path) -> None:
    """Writes a PNG; cells show counts, colours the share of the row, so that the diagonal shows recall.

    Args:
        confusion: the counts.
        path: the PNG.
    """
    shares = confusion.counts / confusion.counts.sum(axis=1, keepdims=True)
    n_rows, n_columns = shares.shape
    figure = Figure(figsize=(2.2 + 0.85 * n_columns, 2.0 + 0.65 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(n_rows):
        for column in range(n_columns):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(confusion.counts[row, column]), ha="center", va="center", color=colour)
    axes.set_xticks(range(n_columns), confusion.columns, rotation=45, ha="right")
    axes.set_yticks(range(n_rows), confusion.rows)
    axes.set(xlabel="hypothesis", ylabel="reference")
    figure.colorbar(image, label="share of the reference class")
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)


def plot_matrix(
    values: np.ndarray, rows: Sequence[str], *, columns: Sequence[str], path: str | Path, label: str
) -> None:
    """Writes a PNG of fractions in per cent, one cell per pair; those that are NaN are empty.

    Args:
        values: (R, C), fractions of 1.
        rows, columns: R and C names.
        path: the PNG.
        label: what the values are.
    """
    percents = np.ma.masked_invalid(100 * values)
    n_rows, n_columns = values.shape
    figure = Figure(figsize=(2.4 + 0.8 * n_columns, 1.8 + 0.5 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(percents, cmap="viridis", vmin=0, vmax=100, aspect="auto")
    for row, column in zip(*np.nonzero(~np.isnan(values)), strict=True):
        colour = "black" if percents[row, column] > 60 else "white"
        axes.text(column, row, f"{percents[row, column]:.0f}", ha="center", va="center", color=colour)
    axes.set_xticks(range(n_columns), columns, rotation=45, ha="right")
    axes.set_yticks(range(n_rows), rows)
    axes.set(xlabel="tested on", ylabel="trained on")
    figure.colorbar(image, label=label)
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)
