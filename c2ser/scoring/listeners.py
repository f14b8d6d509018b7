"""What listeners who voted on a set would score against its labels: the ceiling for those who only hear it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from c2ser.data.columns import rows
from c2ser.data.names import UTT2EMO, UTT2SPK, UTT2VOTES
from c2ser.data.votes import Votes, clear_majority, parse_votes
from c2ser.emotions import EMOTIONS, INVALID
from c2ser.errors import InputError
from c2ser.scoring.answers import Answers
from c2ser.scoring.joining import Joined, Known
from c2ser.scoring.metrics import summarise
from c2ser.scoring.tables import Table, percent, with_interval


class Rated(NamedTuple):
    """An utterance that listeners voted on.

    Attributes:
        utterance: its id.
        label: its emotion.
        votes: emotion -> how many chose it.
        speaker: who speaks; None where that is unknown.
    """

    utterance: str
    label: str
    votes: Votes
    speaker: str | None = None


def rated_utterances(data_dir: str | Path) -> Iterator[Rated]:
    """Yields the utterances of a data directory that have both label and votes.

    Raises:
        InputError: there is no ``utt2votes``, or a table is faulty.
    """
    data_dir = Path(data_dir)
    if not (data_dir / UTT2VOTES).is_file():
        raise InputError(f"{data_dir}/{UTT2VOTES}: no such file; a corpus that publishes votes has it once prepared")
    tables = rows(data_dir, [UTT2SPK], optional=[UTT2EMO, UTT2VOTES], parsers={UTT2VOTES: parse_votes})
    for utterance, speaker, label, votes in tables:
        if label is not None and votes is not None:
            yield Rated(utterance, label, votes, speaker)


def score_listeners(rated: Iterable[Rated]) -> dict:
    """Scores listeners against labels.

    Args:
        rated: the utterances.

    Returns:
        ``n_utts``, ``votes_per_utt``, ``ties`` (utterances without one emotion that has most votes), ``majority`` (the
        scores of what most listeners chose, ties being invalid answers; see `metrics.summarise`), ``one`` (``wa`` and
        ``ua`` of one listener, picked at random), ``agreement`` (how often a listener chose what most of the others
        did; of equally many the one or the other), and ``votes``: emotion -> emotion -> share of the votes.

    Raises:
        InputError: there is no utterance.

    Example:
        >>> score_listeners([Rated("a", "sad", {"sad": 2, "angry": 1})])["one"]["wa"]
        0.6666666666666666
    """
    answers, shares = Answers(), defaultdict(lambda: defaultdict(float))
    num_votes = agreed = could_agree = 0.0
    for utterance, label, votes, speaker in rated:
        total = sum(votes.values())
        answers.add(Joined(utterance, label, clear_majority(votes, 0) or INVALID, Known(speaker)))
        for emotion, count in votes.items():
            shares[label][emotion] += count / total
            agreement = _agreement(votes, emotion)
            if agreement is not None:
                agreed, could_agree = agreed + count * agreement, could_agree + count
        num_votes += total
    if not len(answers):
        raise InputError("no utterance has both a label and votes; see utt2emo and utt2votes")
    confusion = answers.confusion(EMOTIONS)
    majority = summarise(confusion, answers.units(confusion))
    support = {emotion: figures["support"] for emotion, figures in majority["per_class"].items()}
    recalls = {emotion: shares[emotion][emotion] / support[emotion] for emotion in support}
    return {
        "n_utts": len(answers),
        "votes_per_utt": num_votes / len(answers),
        "ties": round(majority["invalid_rate"] * len(answers)),
        "majority": majority,
        "one": {
            "wa": sum(recalls[emotion] * support[emotion] for emotion in support) / len(answers),
            "ua": sum(recalls.values()) / len(recalls),
        },
        "agreement": agreed / could_agree if could_agree else None,
        "votes": {
            emotion: {other: shares[emotion][other] / support[emotion] for other in EMOTIONS if shares[emotion][other]}
            for emotion in support
        },
    }


def listeners_text(scored: Mapping) -> str:
    """Formats `score_listeners` for reading, in per cent: the ceiling, then a line per emotion."""
    return "\n".join(table.markdown() for table in listeners_tables(scored))


def listeners_tables(scored: Mapping) -> tuple[Table, Table]:
    """Returns the tables of `listeners_text`."""
    majority = scored["majority"]
    intervals, agreement = majority["ci95"], scored["agreement"]
    figures = [
        ["utterances", str(scored["n_utts"])],
        ["votes per utterance", f"{scored['votes_per_utt']:.1f}"],
        ["ties", str(scored["ties"])],
        *([f"majority, {name}", with_interval(majority[key], intervals[key])] for name, key in _METRICS.items()),
        *([f"one listener, {name}", percent(scored["one"][key])] for name, key in list(_METRICS.items())[:2]),
        ["one listener as most of the others", "-" if agreement is None else percent(agreement)],
    ]
    emotions = [emotion for emotion in EMOTIONS if any(emotion in votes for votes in scored["votes"].values())]
    votes = [
        [label, str(majority["per_class"][label]["support"]), percent(majority["per_class"][label]["recall"])]
        + [percent(own.get(emotion, 0.0)) for emotion in emotions]
        for label, own in scored["votes"].items()
    ]
    header = ["label", "utterances", "majority", *(f"votes {emotion}" for emotion in emotions)]
    return Table(["listeners", f"% [95 % interval over {majority['ci95_over']}]"], figures), Table(header, votes)


_METRICS = {"WA": "wa", "UA": "ua", "macro F1": "macro_f1"}


def _agreement(votes: Votes, own: str) -> float | None:
    """Whether a listener who chose an emotion agrees with most of the others; None without others."""
    others = {emotion: count - min(1.0, count) * (emotion == own) for emotion, count in votes.items()}
    most = max(others.values())
    if not most:
        return None
    first = [emotion for emotion, count in others.items() if count == most]
    return (own in first) / len(first)
