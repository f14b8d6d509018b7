"""Counts of what explicit answers get right, and the figures that follow from them, with intervals."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.emotions import INVALID
from c2ser.scoring.faithfulness_comparison import Comparison
from c2ser.scoring.metrics import bootstrap_intervals, class_scores, confusion_of_pairs, overall_scores
from c2ser.scoring.ratios import ratio, ratio_interval

RATES = ("wording_rate", "language_rate", "agreement")
ERROR_RATES = ("cer", "wer")


class FaithfulnessCounts:
    """Counts over utterances; their size does not grow with the corpus.

    Example:
        >>> counts = FaithfulnessCounts()
        >>> for comparison in comparisons:  # doctest: +SKIP
        ...     counts.add(comparison)
        >>> counts.result()["levels"]["pitch"]["macro_recall"]  # doctest: +SKIP
        0.71
    """

    def __init__(self):
        self.n_utts = self.n_missing = self.n_recognised = 0
        self._levels: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in ATTRIBUTES}
        self._errors: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in ERROR_RATES}
        self._rates: dict[str, Counter[bool]] = {name: Counter() for name in RATES}

    def add(self, comparison: Comparison) -> None:
        """Counts one utterance; what is undefined of it is left out."""
        answer, errors = comparison.answer, comparison.errors
        self.n_utts += 1
        self.n_missing += comparison.of.said is None
        for name, level in comparison.measured.items():
            self._levels[name][level, answer.levels[name] or INVALID] += 1
        if errors is not None:
            self.n_recognised += comparison.of.is_recognised
            self._errors["cer"][errors.char_edits, errors.chars] += 1
            if errors.words:
                self._errors["wer"][errors.word_edits, errors.words] += 1
        truths = (comparison.is_whole, comparison.language_is_right, answer.agrees)
        for name, truth in zip(RATES, truths):
            if truth is not None:
                self._rates[name][truth] += 1

    def result(self) -> dict:
        """Returns the contents of ``result.json``: fractions of 1 with 95 % intervals; None where undefined."""
        figures: dict[str, tuple[float, list[float]] | None] = {
            name: (ratio(pairs), ratio_interval(pairs)) if pairs else None for name, pairs in self._errors.items()
        }
        figures |= {name: _share(found[True], found.total()) for name, found in self._rates.items()}
        used = {name: counts.total() for name, counts in (self._errors | self._rates).items()}
        return {
            "n_utts": self.n_utts,
            "n_missing": self.n_missing,
            "n_recognised": self.n_recognised,
            "levels": {name: _level_figures(pairs, self.n_utts) for name, pairs in self._levels.items()},
            **{name: figure and figure[0] for name, figure in figures.items()},
            "ci95": {name: figure and figure[1] for name, figure in figures.items()},
            "left_out": {name: self.n_utts - number for name, number in used.items()},
        }


def _level_figures(pairs: Mapping[tuple[str, str], int], n_utts: int) -> dict:
    """The figures of one attribute, of (measured level, stated level or `INVALID`) -> number of utterances."""
    confusion = confusion_of_pairs(pairs, LEVELS)
    counts, total = confusion.counts, int(confusion.counts.sum())
    figures: dict = dict.fromkeys(("accuracy", "macro_recall", "stated_rate", "majority_accuracy"))
    intervals: dict = dict.fromkeys(figures)
    if total:
        scores, scored = overall_scores(counts), bootstrap_intervals(counts)
        figures |= {"accuracy": float(scores["wa"]), "macro_recall": float(scores["ua"])}
        intervals |= {"accuracy": scored["wa"], "macro_recall": scored["ua"]}
        shares = {"stated_rate": counts[:, :-1].sum(), "majority_accuracy": counts.sum(axis=1).max()}
        for name, hits in shares.items():
            figures[name], intervals[name] = _share(int(hits), total)
    recall = class_scores(counts)["recall"] if total else []
    return {
        **figures,
        "ci95": intervals,
        "recall": dict(zip(confusion.rows, map(float, recall))),
        "n_utts": total,
        "left_out": n_utts - total,
    }


def _share(hits: int, total: int) -> tuple[float, list[float]] | None:
    """A share and its interval; None of nothing."""
    return (hits / total, bootstrap_intervals(np.array([[hits, total - hits]]))["wa"]) if total else None
