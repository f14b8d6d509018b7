"""Precision of pseudo-labels over their coverage, as a picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from c2ser.data.files import atomic_write
from c2ser.pseudo_label.agreement import most_confident
from c2ser.pseudo_label.evaluation import known_answers, with_agreement
from c2ser.pseudo_label.teacher import Answers


def plot_precision(answers: Mapping[str, Answers], truth: Mapping[str, str], *, path: str | Path) -> None:
    """Writes a PNG of precision over coverage, of each teacher and, with several teachers, of their agreement.

    Args:
        answers: all answers of each teacher.
        truth: utterance -> true emotion.
        path: the PNG.
    """
    figure = Figure(figsize=(6, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, given in with_agreement(answers, [0.0] * len(answers)).items():
        ranked = most_confident(known_answers(given, truth), len(truth))
        right = np.array([answer.emotion == truth[utt] for utt, answer in ranked.items()], dtype=float)
        count = np.arange(1, len(right) + 1)
        axes.plot(count / len(truth), right.cumsum() / count, label=name)
    axes.set(xlabel="coverage", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)
