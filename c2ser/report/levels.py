"""Levels that answers state beside those that were measured."""

from collections import Counter
from pathlib import Path

import numpy as np

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.errors import InputError
from c2ser.scoring.metrics import Confusion

NOT_STATED = "-"  # in the table


def stated_levels(directory: Path) -> dict[str, Confusion]:
    """Counts measured and stated levels.

    Args:
        directory: what ``faithfulness`` wrote.

    Returns:
        Attribute -> rows are the levels that were measured, columns those that are stated, and none.

    Raises:
        InputError: its ``utt.tsv`` is missing or another table.

    Example:
        >>> stated_levels(Path("exp/a/faithfulness"))["pitch"].counts.diagonal()  # doctest: +SKIP
        array([31, 60, 12])
    """
    path, counts = directory / "utt.tsv", {attribute: Counter() for attribute in ATTRIBUTES}
    try:
        with open(path, encoding="utf-8") as file:
            header = next(file).rstrip("\n").split("\t")
            places = {name: [header.index(f"{name}_{kind}") for kind in ("measured", "stated")] for name in ATTRIBUTES}
            for line in file:
                cells = line.rstrip("\n").split("\t")
                for attribute, (measured, stated) in places.items():
                    counts[attribute][cells[measured], cells[stated]] += 1
    except (OSError, StopIteration, ValueError, IndexError):
        raise InputError(f"{path}: not a table that faithfulness writes; run it again") from None
    return {attribute: _confusion(own) for attribute, own in counts.items()}


def _confusion(pairs: Counter[tuple[str, str]]) -> Confusion:
    rows = [level for level in LEVELS if any(pairs[level, stated] for stated in (*LEVELS, NOT_STATED))]
    columns = [*LEVELS, *([NOT_STATED] if any(pairs[row, NOT_STATED] for row in rows) else [])]
    counts = np.array([[pairs[row, column] for column in columns] for row in rows], int).reshape(-1, len(columns))
    return Confusion(rows, [{NOT_STATED: "not stated"}.get(name, name) for name in columns], counts)
