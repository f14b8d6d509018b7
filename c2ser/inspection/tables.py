"""The page's tables, and the summary for the terminal."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.inspection.sets import NONE, UNLABELLED, Categories, DataSet
from c2ser.scoring.tables import markdown_table, percent

QUANTILES = {"shortest": 0, "5 %": 0.05, "25 %": 0.25, "median": 0.5, "75 %": 0.75, "95 %": 0.95, "longest": 1}
LONGEST = 5
SPEAKERS = 30  # rows of the table by speaker; the others share one
UNKNOWN = "–"


class Bar(NamedTuple):
    """A table cell with a bar.

    Attributes:
        utterances: count.
        share: of all labelled utterances.
        length: of the bar, 0 to 1.
        emotion: which determines the bar's colour.
    """

    utterances: int
    share: float
    length: float
    emotion: str


class Table(NamedTuple):
    """Header and rows of text or bars; the first column names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[str | Bar]]


def overview(sets: Sequence[DataSet]) -> Table:
    """Sizes and contents, one column per set."""
    rows = [
        ["folder", *(str(s.directory) for s in sets)],
        ["utterances", *(f"{len(s.utterances):,}" for s in sets)],
        ["labelled", *(_count(s.emotion.codes != NONE) for s in sets)],
        ["hours", *(UNKNOWN if s.durations is None else f"{np.nansum(s.durations) / 3600:.2f}" for s in sets)],
        ["speakers", *(_speakers(s) for s in sets)],
        ["sexes", *(_shares(s.gender) for s in sets)],
        ["languages", *(_shares(s.language) for s in sets)],
        ["with transcript", *(_count(s.has_text) for s in sets)],
    ]
    if any(s.has_heard_text is not None for s in sets):
        rows.append(["with a recogniser's transcript", *(_count(s.has_heard_text) for s in sets)])
    if any(s.heard_language is not None for s in sets):
        rows.append(["detected languages", *(_shares(s.heard_language) for s in sets)])
    if any(s.votes is not None for s in sets):
        rows.append(["listeners' votes", *(_votes(s) for s in sets)])
    return Table(["", *(s.name for s in sets)], rows)


def emotion_counts(sets: Sequence[DataSet], emotions: Sequence[str]) -> Table:
    """Counts by emotion and set, with bars for shares of the set's labelled utterances."""
    rows = _bars([s.emotion.counts() for s in sets], emotions)
    rows.append([UNLABELLED, *(f"{np.sum(s.emotion.codes == NONE):,}" for s in sets)])
    return Table(["", *(s.name for s in sets)], rows)


def language_counts(data_set: DataSet, emotions: Sequence[str]) -> Table:
    """Counts by emotion and language, frequent languages first, with bars for shares within the language."""
    languages = _frequent_first(data_set.language)
    codes = map(data_set.language.names.index, languages)
    counts = [data_set.emotion.counts(data_set.language.codes == code) for code in codes]
    return Table(["", *languages], _bars(counts, emotions))


def speaker_counts(data_set: DataSet, emotions: Sequence[str]) -> Table:
    """Counts by speaker and emotion, frequent speakers first, with bars for the speaker's share of the emotion."""
    counts = data_set.emotions_of_speakers
    totals = np.maximum(counts.sum(axis=0), 1)
    order = sorted(range(len(counts)), key=lambda row: (-counts[row].sum(), data_set.speaker.names[row]))
    named = [(data_set.speaker.names[row], counts[row]) for row in order[:SPEAKERS]]
    if rest := order[SPEAKERS:]:
        named.append((f"{len(rest):,} others", counts[rest].sum(axis=0)))
    places = [data_set.emotion.names.index(emotion) for emotion in emotions]
    rows = [
        [name, *(_share_bar(own[place], totals[place], emotion) for place, emotion in zip(places, emotions))]
        for name, own in named
    ]
    return Table(["speaker", *emotions], rows)


def durations(sets: Sequence[DataSet]) -> Table:
    """Quantiles of durations, in seconds."""
    known = {s.name: s.durations[np.isfinite(s.durations)] for s in sets}
    rows = [
        [name, *(f"{np.quantile(seconds, share):.2f}" if seconds.size else UNKNOWN for seconds in known.values())]
        for name, share in QUANTILES.items()
    ]
    return Table(["seconds", *known], rows)


def longest(data_set: DataSet) -> Table:
    """The longest utterances."""
    seconds = np.nan_to_num(data_set.durations)
    rows = np.argsort(-seconds, kind="stable")[:LONGEST]
    return Table(["longest", "seconds"], [[data_set.utterances[row], f"{seconds[row]:.2f}"] for row in rows])


def undefined(sets: Sequence[DataSet]) -> Table:
    """Counts of utterances with undefined attributes."""
    rows = [
        [name, *(_count(np.isnan(s.attributes[:, number])) for s in sets)] for number, name in enumerate(ATTRIBUTES)
    ]
    return Table(["undefined", *(s.name for s in sets)], rows)


def reasons(data_set: DataSet) -> Table:
    """Reasons why attributes are undefined, frequent ones first."""
    found = sorted(data_set.reasons.items(), key=lambda item: (-item[1], item[0]))
    return Table(["attribute", "reason", "utterances"], [[*key, f"{count:,}"] for key, count in found])


def rewriting(data_set: DataSet) -> Table:
    """Outcomes of rewriting rationales."""
    outcomes = data_set.rewriting.get("outcomes", {})
    counts = [[name.replace("_", " "), f"{outcome['number']:,}"] for name, outcome in outcomes.items()]
    return Table(["rationales", "number"], counts)


def summary(sets: Sequence[DataSet], emotions: Sequence[str], *, warnings: Sequence[str]) -> str:
    """Formats counts by emotion and set, and the warnings, as plain text."""
    counts = [s.emotion.counts() for s in sets]
    rows = [[emotion, *(str(count[emotion]) for count in counts)] for emotion in emotions]
    rows.append([UNLABELLED, *(str(np.sum(s.emotion.codes == NONE)) for s in sets)])
    rows.append(["all", *(str(len(s.utterances)) for s in sets)])
    table = markdown_table(["emotion", *(s.name for s in sets)], rows)
    return table + "".join(f"warning: {line}\n" for line in warnings)


def _bars(columns: Sequence[dict[str, int]], emotions: Sequence[str]) -> list[list[str | Bar]]:
    """Makes one row per emotion; the longest bar is the largest share."""
    shares = [
        {emotion: count / max(sum(counts.values()), 1) for emotion, count in counts.items()} for counts in columns
    ]
    largest = max((max(share.values()) for share in shares), default=0) or 1
    return [
        [
            emotion,
            *(
                Bar(counts[emotion], share[emotion], share[emotion] / largest, emotion)
                for counts, share in zip(columns, shares)
            ),
        ]
        for emotion in emotions
    ]


def _share_bar(count: int, total: int, emotion: str) -> Bar:
    return Bar(int(count), count / total, count / total, emotion)


def _count(chosen: np.ndarray | None) -> str:
    return UNKNOWN if chosen is None else f"{chosen.sum():,} ({percent(chosen.mean())} %)"


def _speakers(data_set: DataSet) -> str:
    """Counts the speakers; those that are unknown, for whom the utterance's id stands, are not counted."""
    unknown = sum(data_set.speaker.value(row) == utt for row, utt in enumerate(data_set.utterances))
    if unknown == len(data_set.utterances):
        return "unknown"
    known = len(data_set.speaker.names) - unknown
    return f"{known:,}" + (f" ({unknown:,} utterances of unknown ones)" if unknown else "")


def _votes(data_set: DataSet) -> str:
    """Tells how many utterances have votes, and how far listeners agree with each other and with the labels."""
    if data_set.votes is None or np.isnan(data_set.votes).all():
        return UNKNOWN
    majorities, entropies = data_set.votes.T
    voted = np.isfinite(entropies)
    clear = majorities[voted] != NONE
    agreed = clear & (majorities[voted] == data_set.emotion.codes[voted])
    return (
        f"{_count(voted)}; clear majority {percent(clear.mean())} %, for the label {percent(agreed.mean())} %;"
        f" mean entropy {entropies[voted].mean():.2f} bit"
    )


def _frequent_first(values: Categories) -> list[str]:
    counts = values.counts()
    return sorted((name for name in counts if counts[name]), key=lambda name: (-counts[name], name))


def _shares(values: Categories | None) -> str:
    """Names the values with their shares of all utterances: ``en 50.3 %, zh 49.7 %``."""
    if values is None:
        return UNKNOWN
    counts, total = values.counts(), len(values.codes)
    return ", ".join(f"{name} {percent(counts[name] / total)} %" for name in _frequent_first(values)) or UNKNOWN
