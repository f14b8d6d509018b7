"""The report's plots, as SVG that takes the page's colours and fonts."""

import html
import io
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from c2ser.inspection import plots
from c2ser.scoring.calibration import Reliability
from c2ser.scoring.calibration_plot import plot_reliability
from c2ser.stability.plot import CHANGED_COLOUR as SECOND
from c2ser.stability.plot import COLOUR as FIRST
from c2ser.stability.plot import plot_curve

THIRD = "#8a94a0"
# Colours of the plots -> those of the page, which differ between light and dark.
PAGE_COLOURS = {"#000000": "currentColor", FIRST: "var(--first)", SECOND: "var(--second)", THIRD: "var(--third)"}
STYLE = plots.STYLE | {"text.parse_math": False}  # a name may have dollar signs
WIDTH = 5.4  # inches, so that a phone need not shrink it much


def intervals_chart(rows: Sequence[tuple[str, float, Sequence[float]]], floors: Mapping[str, float]) -> Markup:
    """Draws the UA of systems with their intervals, one a line, and dotted what it takes to do better than nothing.

    Args:
        rows: name, UA and interval of each system, fractions of 1.
        floors: name -> UA.
    """
    with matplotlib.rc_context(STYLE):
        axes = _axes(WIDTH, 0.9 + 0.32 * len(rows))
        for place, (_, value, (low, high)) in enumerate(rows):
            bounds = [[max(100 * (value - low), 0)], [max(100 * (high - value), 0)]]
            axes.errorbar(100 * value, place, xerr=bounds, color=FIRST, marker="o", markersize=5, capsize=3)
        for name, value in floors.items():
            axes.axvline(100 * value, color=SECOND, linestyle=":", linewidth=1.2)
            axes.text(100 * value, -0.75, f" {name}", color=SECOND, fontsize=8, va="center")
        axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
        axes.set(xlabel="UA, % [95 % interval]", xlim=(0, 101), ylim=(len(rows) - 0.5, -1.0))
        told = "; ".join(f"{name} {100 * value:.1f}" for name, value, _ in rows)
        return inline_svg(axes.figure, f"UA with 95 % intervals: {told}")


def stability_chart(kind: str, curve: list[Mapping], *, unchanged: Mapping, title: str) -> Markup:
    """Draws UA and changed answers by one change of the audio.

    Args:
        kind: of the change.
        curve: figures by value.
        unchanged: figures of the audio as it is.
        title: what the values are.
    """
    with matplotlib.rc_context(STYLE):
        axes = _axes(3.2, 2.3)
        plot_curve(axes, kind, curve=curve, unchanged=unchanged)
        axes.set_ylabel("%")
        told = ", ".join(f"{100 * own['ua']:.0f} at {own['value']:g}" for own in curve)
        return inline_svg(axes.figure, f"UA by {title}: {100 * unchanged['ua']:.0f} as it is, {told}")


def reliability_chart(versions: Mapping[str, Mapping]) -> Markup:
    """Draws how often answers are right by their confidence; the diagonal is a system that knows itself.

    Args:
        versions: name -> fields of `Reliability`.
    """
    with matplotlib.rc_context(STYLE):
        axes = _axes(3.6, 3.4)
        axes.plot([0, 100], [0, 100], color="black", linewidth=0.8, linestyle=":")
        for colour, (name, bins) in zip((FIRST, SECOND), versions.items()):
            arrays = Reliability(**{key: np.array(values) for key, values in bins.items()})
            plot_reliability(axes, arrays, colour=colour, label=name, scale=100)
        axes.set(xlabel="confidence, %", ylabel="right, %", xlim=(0, 101), ylim=(0, 103), aspect="equal")
        if len(versions) > 1:
            axes.legend(loc="upper left", fontsize="small", frameon=False)
        return inline_svg(axes.figure, "Share of right answers by confidence, in bins of as many answers each")


def shares_chart(rows: Mapping[str, Sequence[float | None]], names: Sequence[str]) -> Markup:
    """Draws stacked bars of shares that sum to 1; those that are not known are left out.

    Args:
        rows: name -> a share for each of ``names``.
        names: of the parts.
    """
    known = {name: shares for name, shares in rows.items() if None not in shares}
    with matplotlib.rc_context(STYLE):
        axes = _axes(WIDTH, 1.1 + 0.34 * len(known))
        left = [0.0] * len(known)
        for part, (name, colour) in enumerate(zip(names, (FIRST, SECOND, THIRD))):
            widths = [100 * shares[part] for shares in known.values()]
            axes.barh(list(known), widths, left=left, height=0.65, color=colour, label=name)
            left = [start + width for start, width in zip(left, widths)]
        axes.set(xlabel="% of pairs", xlim=(0, 100))
        axes.invert_yaxis()
        axes.figure.legend(loc="outside upper center", ncols=len(names), fontsize="small", frameon=False)
        told = "; ".join(
            f"{row}: " + ", ".join(f"{name} {100 * share:.0f} %" for name, share in zip(names, shares))
            for row, shares in known.items()
        )
        return inline_svg(axes.figure, told)


def inline_svg(figure: Figure, label: str) -> Markup:
    """Returns a figure as an element of a page.

    Ids are made its own, colours become the page's, and the background is left to it.

    Args:
        figure: to draw.
        label: what it shows, for those who do not see it.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = file.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    for colour, of_page in PAGE_COLOURS.items():
        svg = svg.replace(colour, of_page)
    own = blake2b((label + svg).encode(), digest_size=4).hexdigest()
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{own}-", svg)
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1))


def _axes(width: float, height: float) -> Axes:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure.add_subplot()
