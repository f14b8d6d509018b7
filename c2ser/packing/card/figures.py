"""The figures of a model: its scores on sets and on groups of their utterances, and how true its reasons are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from c2ser.scoring.groups import MIN_UTTERANCES
from c2ser.scoring.reasons import read_reasons
from c2ser.scoring.results import read_score

KINDS = ("sex", "age", "language", "corpus")  # of what `score` groups by, what a card shows


@dataclass(frozen=True)
class Group:
    """Scores of a part of a set.

    Attributes:
        kind: what the parts differ in, of `KINDS`.
        value: what this part has.
        result: its figures, see `c2ser.scoring.groups.score_groups`.
    """

    kind: str
    value: str
    result: Mapping


@dataclass(frozen=True)
class Figures:
    """What was measured of a model in a mode on a set.

    Attributes:
        mode: ``implicit``, ``explicit``, or ``measured`` for explicit answers with measured reasons.
        set: name of the set.
        result: contents of the ``result.json`` of ``score``.
        reasons: contents of the ``result.json`` of ``faithfulness``; None where that was not run.
    """

    mode: str
    set: str
    result: Mapping
    reasons: Mapping | None

    @property
    def groups(self) -> list[Group]:
        """Those of each of `KINDS` that the set has several of."""
        scored = self.result.get("groups", {})
        return [
            Group(kind, name, figures)
            for kind in KINDS
            for name, figures in scored.get(kind, {}).get("values", {}).items()
        ]

    @property
    def worst(self) -> Group | None:
        """The group of lowest UA among those of some size; None where there are none."""
        compared = [group for group in self.groups if group.result["n_utts"] >= MIN_UTTERANCES]
        return min(compared, key=lambda group: group.result["ua"], default=None)


def read_figures(alm_exp: str | Path) -> list[Figures]:
    """Reads all that ``score`` and ``faithfulness`` found of an experiment.

    Args:
        alm_exp: its folder, with ``inference_<mode>/<set>/score`` and ``.../faithfulness``.

    Returns:
        Sorted by mode and set.

    Raises:
        InputError: a file was not written by these commands.

    Example:
        >>> read_figures("exp/alm_tiny_implicit")[0].result["ua"]  # doctest: +SKIP
        0.97
    """
    figures = []
    for path in sorted(Path(alm_exp).glob("inference_*/*/score/result.json")):
        mode, name = path.parts[-4].removeprefix("inference_"), path.parts[-3]
        score = read_score(path.parent, fold="", key=("", mode, name))
        reasons = path.parents[1] / "faithfulness" / "result.json"
        stated = read_reasons(reasons) if reasons.is_file() else None
        figures.append(Figures(mode, name, score.result, stated))
    return figures
