"""Scores of groups: by sex, age, language, corpus, duration, lexical cue and speaker, the worst group and the gap."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from c2ser.data.files import atomic_write
from c2ser.data.names import SPK2AGE, SPK2GENDER
from c2ser.data.tables import parse_positive, parsed_lines, read_table_if_there
from c2ser.scoring.answers import Answers, Column
from c2ser.scoring.metrics import Confusion, overall_scores, resampled_scores, score_intervals
from c2ser.scoring.resampling import MIN_SPEAKERS, percentile_interval, units_of
from c2ser.scoring.tables import Table, percent, with_interval

SEXES = {"f": "female", "m": "male"}
AGES = (30, 45, 60)  # where a new band begins, in years
CUE_NAMES = {"own": "names its emotion", "other": "names another", "none": "names none"}
BANDS = ("under 30", "30 to 44", "45 to 59", "60 and over")
SPEAKER = "speaker"

MIN_UTTERANCES = 10  # of a group that may be the best or the worst
MAX_LISTED = 100  # groups of a kind that result.json lists; groups.tsv has all
METRICS = ("wa", "ua", "macro_f1")
_BLOCK = 10_000


@dataclass(frozen=True)
class Grouping:
    """A division of a set.

    Attributes:
        kind: what the groups differ in.
        names: the G groups.
        codes: (N,), the group of each utterance; -1 where it is unknown.
    """

    kind: str
    names: list[str]
    codes: np.ndarray


def groupings(answers: Answers, directory: str | Path) -> list[Grouping]:
    """Divides a set by all that is known of it, where that makes several groups.

    Args:
        answers: with speakers, languages, corpora and durations.
        directory: has ``spk2gender`` and ``spk2age``, where they are known.
    """
    divided = [
        *_of_speakers(answers, Path(directory)),
        _grouping("language", answers.language.names, answers.language.array()),
        _grouping("corpus", answers.corpus.names, answers.corpus.array()),
        _by_duration(np.frombuffer(answers.seconds)),
        _by_cue(answers.lexical_cue),
    ]
    if answers.num_speakers:
        divided.append(_grouping(SPEAKER, answers.speaker.names, answers.speaker.array()))
    return [grouping for grouping in divided if len(grouping.names) > 1]


def score_groups(answers: Answers, confusion: Confusion, *, directory: str | Path) -> dict[str, dict]:
    """Scores each group of a set by itself, over the classes in its reference.

    Args:
        answers: of the set.
        confusion: of all its utterances.
        directory: has ``spk2gender`` and ``spk2age``, where they are known.

    Returns:
        Kind (``sex``, ``age``, ``language``, ``corpus``, ``duration``, ``lexical cue``, ``speaker``) -> ``values``, the
        figures of each group, and where two of them have `MIN_UTTERANCES` ``best`` and ``worst``, the groups of highest
        and lowest UA, ``gap`` between the two and its 95 % interval ``gap_ci95``. Intervals are over what those of the
        whole set are over, and None where a group has too few speakers for that; speakers have none.

    Example:
        >>> score_groups(answers, confusion, directory="data/test")["sex"]["worst"]  # doctest: +SKIP
        'male'
    """
    cells, speaker = answers.cells(confusion), answers.drawn_speakers()
    return {
        grouping.kind: _score(grouping, cells, shape=confusion.counts.shape, speaker=speaker)
        for grouping in groupings(answers, directory)
    }


def write_groups(path: str | Path, groups: Mapping[str, Mapping]) -> None:
    """Writes a line per group.

    Args:
        path: the TSV file.
        groups: of `score_groups`.
    """
    with atomic_write(path) as file:
        file.write("kind\tgroup\tn_utts\tn_classes\twa\tua\tmacro_f1\tinvalid_rate\tua_low\tua_high\n")
        for kind, scored in groups.items():
            for name, value in scored["values"].items():
                low, high = (value["ci95"] or {}).get("ua", ("", ""))
                numbers = [value[key] for key in ("n_utts", "n_classes", *METRICS, "invalid_rate")]
                cells = [f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in (*numbers, low, high)]
                file.write("\t".join([kind, name, *cells]) + "\n")


def listed(groups: Mapping[str, Mapping]) -> dict[str, dict]:
    """Returns `score_groups` without the values of kinds with more than `MAX_LISTED` groups."""
    return {
        kind: {key: value for key, value in scored.items() if key != "values" or len(value) <= MAX_LISTED}
        for kind, scored in groups.items()
    }


def groups_text(groups: Mapping[str, Mapping]) -> str:
    """Formats groups for reading, in per cent: a line per group but for speakers, then best, worst and gap by kind."""
    return "\n".join(table.markdown() for table in groups_tables(groups) if table.rows)


def groups_tables(groups: Mapping[str, Mapping]) -> tuple[Table, Table]:
    """Returns the tables of `groups_text`, which may have no rows."""
    rows = [
        [kind, name, str(value["n_utts"]), *(_figure(value, metric) for metric in METRICS)]
        for kind, scored in groups.items()
        if kind != SPEAKER
        for name, value in scored.get("values", {}).items()
    ]
    gaps = [
        [
            kind,
            scored["best"]["group"],
            scored["worst"]["group"],
            percent(scored["best"]["ua"]),
            percent(scored["worst"]["ua"]),
            with_interval(scored["gap"], scored["gap_ci95"]) if scored["gap_ci95"] else percent(scored["gap"]),
        ]
        for kind, scored in groups.items()
        if "gap" in scored
    ]
    header = ["by", "best group", "worst group", "best UA", "worst UA", "gap [95 % interval]"]
    return Table(["by", "group", "utterances", "WA", "UA", "macro F1"], rows, 2), Table(header, gaps, 3)


def _figure(value: Mapping, metric: str) -> str:
    return with_interval(value[metric], value["ci95"][metric]) if value["ci95"] else percent(value[metric])


def _of_speakers(answers: Answers, directory: Path) -> Iterator[Grouping]:
    """Yields the groupings by what is known of speakers."""
    sexes = read_table_if_there(directory / SPK2GENDER)
    yield _by_speaker("sex", answers, {speaker: SEXES.get(sex, sex) for speaker, sex in sexes.items()})
    path = directory / SPK2AGE
    ages = parsed_lines(path, parse_positive) if path.exists() else ()
    bands = {speaker: BANDS[bisect_right(AGES, age)] for _, speaker, age in ages}
    yield _by_speaker("age", answers, bands, order=BANDS)


def _by_speaker(kind: str, answers: Answers, group_of: Mapping[str, str], *, order: Sequence[str] = ()) -> Grouping:
    column = Column()
    for speaker in answers.speaker.names:
        column.add(group_of.get(speaker))
    return _grouping(kind, column.names, column.array()[answers.speaker.array()], order=order)


def _by_duration(seconds: np.ndarray) -> Grouping:
    """Divides a set at the quartiles of its durations."""
    known = ~np.isnan(seconds)
    if not known.any():
        return Grouping("duration", [], seconds)
    edges = np.unique(np.round(np.quantile(seconds[known], [0.25, 0.5, 0.75]), 2))
    between = [f"{low:.2f} to {high:.2f} s" for low, high in pairwise(edges)]
    names = [f"up to {edges[0]:.2f} s", *between, f"over {edges[-1]:.2f} s"]
    return _grouping("duration", names, np.where(known, np.searchsorted(edges, seconds), -1), order=names)


def _by_cue(cue: Column) -> Grouping:
    """Divides a set by whether a word names the emotion."""
    names = [CUE_NAMES.get(name, name) for name in cue.names]
    return _grouping("lexical cue", names, cue.array(), order=list(CUE_NAMES.values()))


def _grouping(kind: str, names: Sequence[str], codes: np.ndarray, *, order: Sequence[str] = ()) -> Grouping:
    """Keeps the groups that occur, by name or in the given order."""
    present = np.unique(codes[codes >= 0])
    ordered = sorted(present, key=lambda code: order.index(names[code]) if order else names[code])
    places = np.full(len(names) + 1, -1)  # the last is that of unknown groups, -1
    places[ordered] = range(len(ordered))
    return Grouping(kind, [names[code] for code in ordered], places[codes])


def _score(grouping: Grouping, cells: np.ndarray, *, shape: tuple[int, int], speaker: np.ndarray | None) -> dict:
    """Returns what `score_groups` says about one kind."""
    known = grouping.codes >= 0
    codes, size = grouping.codes[known], int(np.prod(shape))
    places, num_places = codes * size + cells[known], len(grouping.names) * size
    counts = np.bincount(places, minlength=num_places).reshape(-1, *shape)
    values = _values(grouping.names, counts)
    if grouping.kind == SPEAKER:
        return {**_extremes(values), "values": values}
    own = None if speaker is None else speaker[known]
    resampled = resampled_scores(units_of([places], [num_places], speaker=own), counts.shape)
    for row, value in enumerate(values.values()):
        num_units = value["n_utts"] if own is None else len(np.unique(own[codes == row]))
        if own is None or num_units >= MIN_SPEAKERS:
            drawn = {name: scores[:, row] for name, scores in resampled.items()}
            value["ci95"] = score_intervals(counts[row], drawn, num_units=num_units)
    num_units = len(places) if own is None else len(np.unique(own))
    return {**_extremes(values, resampled["ua"], num_units=num_units), "values": values}


def _values(names: Sequence[str], counts: np.ndarray) -> dict[str, dict]:
    """Returns the figures of each group, without intervals.

    Args:
        names: the G groups.
        counts: (G, C, K) confusion counts.
    """
    values = {}
    for first in range(0, len(names), _BLOCK):
        block = counts[first : first + _BLOCK]
        scores = overall_scores(block)
        total, invalid = block.sum(axis=(1, 2)), block[:, :, -1].sum(axis=1)
        classes = (block.sum(axis=2) > 0).sum(axis=1)
        for row, name in enumerate(names[first : first + _BLOCK]):
            values[name] = {
                "n_utts": int(total[row]),
                "n_classes": int(classes[row]),
                **{metric: float(scores[metric][row]) for metric in METRICS},
                "invalid_rate": float(invalid[row] / total[row]),
                "ci95": None,
            }
    return values


def _extremes(values: Mapping[str, Mapping], resampled_ua: np.ndarray | None = None, *, num_units: int = 0) -> dict:
    """Returns best and worst group and the gap between them; nothing where no two groups are large enough."""
    large = [name for name, value in values.items() if value["n_utts"] >= MIN_UTTERANCES]
    if len(large) < 2:
        return {}
    best = max(large, key=lambda name: values[name]["ua"])
    worst = min(large, key=lambda name: values[name]["ua"])
    interval = None
    if values[best]["ci95"] and values[worst]["ci95"]:
        first, last = (list(values).index(name) for name in (best, worst))
        interval = percentile_interval(resampled_ua[:, first] - resampled_ua[:, last], num_units)
    return {
        "best": {"group": best, "ua": values[best]["ua"]},
        "worst": {"group": worst, "ua": values[worst]["ua"]},
        "gap": values[best]["ua"] - values[worst]["ua"],
        "gap_ci95": interval,
    }
