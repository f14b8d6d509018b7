"""The page's plots, as SVG whose size does not depend on the number of utterances."""

import base64
import io
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from c2ser.inspection.checks import MAX_SECONDS, MIN_SECONDS
from c2ser.inspection.sets import LEVEL_WORDS, UNLABELLED

# Okabe and Ito's colour-blind safe palette for the paper's emotions, darker colours for the others.
EMOTION_COLOURS = {
    "angry": "#d55e00",
    "happy": "#e69f00",
    "neutral": "#999999",
    "calm": "#7fc8a9",
    "sad": "#0072b2",
    "surprised": "#cc79a7",
    "disgusted": "#009e73",
    "fearful": "#56b4e9",
    "bored": "#8c6d31",
    "amused": "#f0e442",
    "sleepy": "#393b79",
    "excited": "#843c39",
    "frustrated": "#555555",
    UNLABELLED: "#ffffff",
}
LEVEL_COLOURS = dict(zip(LEVEL_WORDS, ("#c6dbef", "#6baed6", "#08519c", "#bdbdbd")))  # light to dark; nan is grey
SECONDS = (0.1, 0.2, 0.4, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600)  # ticks of durations
BAR_COLOUR = "#6b7f94"
BOX_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
STYLE = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "c2ser",  # the same ids each time
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
WIDTH = 4.4  # inches; the page scales it down on a phone


def duration_histogram(counts: np.ndarray, edges: np.ndarray) -> str:
    """Draws a histogram of durations on a logarithmic axis, with dotted lines at the recommended bounds.

    Args:
        counts: utterances per bin (K,).
        edges: of the bins (K + 1,), in seconds.

    Returns:
        A data URI.
    """
    with matplotlib.rc_context(STYLE):
        axes = _axes(2.2)
        axes.stairs(counts, edges, fill=True, color=BAR_COLOUR)
        axes.set_xscale("log")
        for bound in (MIN_SECONDS, MAX_SECONDS):
            if edges[0] < bound < edges[-1]:
                axes.axvline(bound, color="black", linestyle=":", linewidth=1)
        axes.set_xticks([tick for tick in SECONDS if edges[0] < tick < edges[-1]])
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set(xlabel="seconds, logarithmic", ylabel="utterances", xlim=(edges[0], edges[-1]))
        return _data_uri(axes)


def boxes(
    quantiles: Mapping[str, Sequence[float]],
    label: str,
    *,
    limits: tuple[float, float],
    bounds: tuple[float, float] | None,
) -> str:
    """Draws one box per emotion: median, quartiles, and whiskers from 5 to 95 %.

    Args:
        quantiles: emotion -> its `BOX_QUANTILES`.
        label: of the axis.
        limits: of the axis.
        bounds: of the medium level, dashed; None if unknown.

    Returns:
        A data URI.
    """
    stats = [dict(zip(("whislo", "q1", "med", "q3", "whishi"), values)) for values in quantiles.values()]
    with matplotlib.rc_context(STYLE):
        axes = _axes(_height(quantiles))
        boxes = axes.bxp(
            stats,
            orientation="horizontal",
            showfliers=False,
            patch_artist=True,
            widths=0.6,
            medianprops={"color": "black"},
        )["boxes"]
        for box, emotion in zip(boxes, quantiles):
            box.set_facecolor(EMOTION_COLOURS[emotion])
        for bound in bounds or ():
            axes.axvline(bound, color="black", linestyle="--", linewidth=1, zorder=0)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.set(xlabel=label, xlim=limits, yticklabels=list(quantiles))
        axes.invert_yaxis()
        return _data_uri(axes)


def level_shares(shares: Mapping[str, Sequence[float]]) -> str:
    """Draws one stacked bar per emotion.

    Args:
        shares: emotion -> shares of `LEVEL_WORDS`, which sum to 1.

    Returns:
        A data URI.
    """
    with matplotlib.rc_context(STYLE):
        axes = _axes(_height(shares))
        table = np.array(list(shares.values()))
        starts = np.cumsum(table, axis=1) - table
        for word, widths, left in zip(LEVEL_WORDS, table.T, starts.T):
            if widths.any():
                axes.barh(list(shares), 100 * widths, left=100 * left, height=0.7, color=LEVEL_COLOURS[word])
        axes.set(xlabel="% of utterances", xlim=(0, 100))
        axes.invert_yaxis()
        return _data_uri(axes)


def _height(emotions: Mapping[str, object]) -> float:
    return 0.75 + 0.24 * len(emotions)


def _axes(height: float) -> Axes:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure.add_subplot()


def _data_uri(axes: Axes) -> str:
    file = io.BytesIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    axes.figure.savefig(file, format="svg", metadata=metadata)
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode("ascii")
