"""One table of many trainings over many test sets, with published figures beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from c2ser.data.files import atomic_write
from c2ser.errors import InputError
from c2ser.scoring.results import Score, footer, read_scores
from c2ser.scoring.tables import markdown_table, percent
from c2ser.settings import build_from_mapping, read_settings

METRICS = {"ua": "UA", "macro_f1": "macro F1"}
PREFIX = "test_"  # of test sets, before the corpus's name
LEFT_OUT, ONLY = "without_", "only_"  # of trainings, before the corpus's name


@dataclass(frozen=True)
class Figures:
    """Published figures of one system.

    Attributes:
        system: what was tested.
        source: where the figures stand.
        metric: a key of `METRICS`.
        sets: corpus -> figure in per cent.
    """

    system: str
    source: str
    metric: str
    sets: Mapping[str, float]


@dataclass(frozen=True)
class _Published:
    figures: Sequence[Figures]


def read_published(path: str | Path) -> list[Figures]:
    """Reads a YAML file of published figures, ``figures: [{system, source, metric, sets: {corpus: figure}}]``.

    Raises:
        InputError: a key or a value is wrong.

    Example:
        >>> read_published("egs/c2ser/conf/published.yaml")[0].sets["casia"]  # doctest: +SKIP
        47.25
    """
    figures = list(build_from_mapping(_Published, read_settings(path), file=path).figures)
    if unknown := next((row.metric for row in figures if row.metric not in METRICS), None):
        raise InputError(f"{path}: metric '{unknown}' is not one of {', '.join(METRICS)}")
    return figures


def write_by_set(
    exp_dirs: Sequence[str | Path], output: str | Path, *, published: Sequence[Figures] = (), command: str
) -> str:
    """Writes a table per metric: a line per training, model and mode, a column per test set.

    Args:
        exp_dirs: experiment folders; that of a training without a corpus is named ``without_<corpus>``, that of one on
            a single corpus ``only_<corpus>``, and their figures on corpora that were not trained on are marked.
        output: the Markdown file.
        published: figures that stand beside them.
        command: what made the results, for the footer.

    Returns:
        The text of the file.

    Raises:
        InputError: a folder has no scores.

    Example:
        >>> write_by_set(["exp/joint", "exp/without_urdu"], "exp/RESULTS.md", command="run.sh")  # doctest: +SKIP
    """
    scores = [score for exp_dir in exp_dirs for score in read_scores(exp_dir)]
    parts = ["# Results by test set\n"]
    for metric, title in METRICS.items():
        known = [figures for figures in published if figures.metric == metric]
        parts += [f"## {title}\n", by_set_table(scores, metric, published=known)]
        if metric == "ua":
            parts.append("\\* The corpus was not trained on. The mean is over the test sets of the line.\n")
    if published:
        parts += ["## Published figures\n", published_table(published)]
    parts.append(footer(command))
    text = "\n".join(parts)
    with atomic_write(output) as file:
        file.write(text)
    return text


def by_set_table(scores: Sequence[Score], metric: str, *, published: Sequence[Figures] = ()) -> str:
    """Formats one line per training, model and mode, in per cent, and lines of published figures on the same sets.

    Args:
        scores: of which ``fold`` is the training's folder.
        metric: of ``result.json``.
        published: figures of this metric.
    """
    corpora = list(dict.fromkeys(_corpus(score) for score in scores))
    lines: dict[tuple[str, ...], dict[str, str]] = {}
    values: dict[tuple[str, ...], list[float]] = {}
    for score in scores:
        training = Path(score.fold).name
        key = (training, *score.key[:2])
        mark = "\\*" if _is_unseen(training, _corpus(score)) else ""
        lines.setdefault(key, {})[_corpus(score)] = percent(score.result[metric]) + mark
        values.setdefault(key, []).append(score.result[metric])
    rows = [
        [*key, *(line.get(corpus, "-") for corpus in corpora), percent(np.mean(values[key]))]
        for key, line in lines.items()
    ]
    for figures in published:
        if set(corpora) & set(figures.sets):
            own = [f"{figures.sets[corpus]:.1f}" if corpus in figures.sets else "-" for corpus in corpora]
            rows.append([figures.source, figures.system, "", *own, "-"])
    return markdown_table(["training", "model", "mode", *corpora, "mean"], rows, text_columns=3)


def published_table(published: Sequence[Figures]) -> str:
    """Formats published figures, one line per system and metric."""
    corpora = list(dict.fromkeys(corpus for figures in published for corpus in figures.sets))
    rows = [
        [
            figures.source,
            figures.system,
            METRICS[figures.metric],
            *(f"{figures.sets[corpus]:.2f}" if corpus in figures.sets else "-" for corpus in corpora),
        ]
        for figures in published
    ]
    return markdown_table(["source", "system", "metric", *corpora], rows, text_columns=3)


def _corpus(score: Score) -> str:
    return score.key[2].removeprefix(PREFIX)


def _is_unseen(training: str, corpus: str) -> bool:
    return training == f"{LEFT_OUT}{corpus}" or training.startswith(ONLY) and training != f"{ONLY}{corpus}"
