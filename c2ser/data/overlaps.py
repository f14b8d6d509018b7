"""What sets of utterances share, such as speakers, sentences or audio; in memory that does not grow with them."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, groupby
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.external_sort import sort_lines
from c2ser.data.names import UTT2SPK
from c2ser.data.speakers import known_speaker

logger = logging.getLogger(__name__)

NAMED = 5  # examples that are kept

Column = Iterable[tuple[str, str | None]]  # (utterance, value), None where the value is unknown


@dataclass(frozen=True)
class Overlap:
    """What a set has of another one's values; with itself, what occurs twice.

    Attributes:
        first: the one set, such as train.
        second: the other set, such as test; may be the same.
        shared: different values that both have.
        values: different values of ``second``.
        utterances: utterances of ``second`` whose value ``first`` has; within a set, those that repeat another's.
        total: utterances of ``second`` whose value is known.
        unknown: utterances of both sets whose value is not known.
        examples: up to `NAMED` of these utterances, each with the one of ``first`` that has the same value.
    """

    first: str
    second: str
    shared: int
    values: int
    utterances: int
    total: int
    unknown: int
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> str:
        """``apart``, ``<n> shared`` or, where nothing is shared as far as values are known, ``unknown``."""
        return shared_or_apart(self.shared, self.unknown)

    @property
    def share(self) -> float:
        """The fraction of ``second``'s utterances, of those with a known value, whose value ``first`` has."""
        return self.utterances / self.total if self.total else 0.0


def shared_or_apart(shared: int, unknown: int) -> str:
    """Says whether two sets are apart.

    Args:
        shared: values that both have.
        unknown: utterances whose value is not known.

    Example:
        >>> shared_or_apart(0, 0), shared_or_apart(3, 1), shared_or_apart(0, 1)
        ('apart', '3 shared', 'unknown')
    """
    if shared:
        return f"{shared} shared"
    return "unknown" if unknown else "apart"


def find_overlaps(columns: Mapping[str, Column]) -> dict[tuple[str, str], Overlap]:
    """Compares the values of sets, each with each and with itself.

    Args:
        columns: set -> its utterances and their values, which have no tab or line break. Each is read once.

    Returns:
        (set, set) -> what they share, sets in the order of ``columns``.

    Example:
        >>> sets = {"train": [("a-1", "anna"), ("b-1", "bert")], "test": [("a-2", "anna")]}
        >>> find_overlaps(sets)["train", "test"].status
        '1 shared'
    """
    names = list(columns)
    known, unknown, distinct = Counter(), Counter(), Counter()
    shared, utterances = Counter(), Counter()
    examples: dict[tuple[int, int], list[tuple[str, str]]] = {}
    for own in _groups(columns, known, unknown):
        distinct.update(own.keys())
        for first, second in combinations_with_replacement(sorted(own), 2):
            count = own[second].count - (first == second)
            if count:
                shared[first, second] += 1
                utterances[first, second] += count
                named = own[second].utterances[first == second :]
                listed = examples.setdefault((first, second), [])
                listed += [(utt, own[first].utterances[0]) for utt in named][: NAMED - len(listed)]
    return {
        (names[first], names[second]): Overlap(
            names[first],
            names[second],
            shared[first, second],
            distinct[second],
            utterances[first, second],
            known[second],
            unknown[second] + (unknown[first] if first != second else 0),
            tuple(examples.get((first, second), ())),
        )
        for first, second in combinations_with_replacement(range(len(names)), 2)
    }


class _Members:
    """Utterances of one set that have the same value: how many, and the first."""

    def __init__(self) -> None:
        self.count = 0
        self.utterances: list[str] = []

    def add(self, utterance: str) -> None:
        self.count += 1
        if self.count <= NAMED:
            self.utterances.append(utterance)


def _groups(columns: Mapping[str, Column], known: Counter, unknown: Counter) -> Iterator[dict[int, _Members]]:
    """Yields set -> members of each value; counts the utterances of each set."""

    def lines() -> Iterator[str]:
        for number, column in enumerate(columns.values()):
            for utterance, value in column:
                (unknown if value is None else known)[number] += 1
                if value is not None:
                    yield f"{value}\t{number:06d}\t{utterance}"

    fields = (line.split("\t") for line in sort_lines(lines()))
    for _, group in groupby(fields, key=lambda line: line[0]):
        members: dict[int, _Members] = {}
        for _, number, utterance in group:
            members.setdefault(int(number), _Members()).add(utterance)
        yield members


def speakers(data_dir: str | Path) -> Iterator[tuple[str, str | None]]:
    """Yields (utterance, speaker) of a data directory; None where the speaker is unknown.

    Example:
        >>> dict(speakers("data/test"))["anna-1"]  # doctest: +SKIP
        'anna'
    """
    for utterance, speaker in DataDir(data_dir).iterate(UTT2SPK):
        yield utterance, known_speaker(utterance, speaker)


def speaker_line(overlap: Overlap) -> str:
    """Says in one line whether two sets have speakers in common.

    Example:
        >>> speaker_line(Overlap("train", "test", shared=0, values=2, utterances=0, total=9, unknown=0))
        'train and test: speakers apart (2 speakers in test)'
    """
    names = f"{overlap.first} and {overlap.second}"
    if overlap.shared:
        return (
            f"{names}: {overlap.shared} of {overlap.values} speakers of {overlap.second} are in {overlap.first} too,"
            f" with {overlap.share:.1%} of its utterances; results on it are not speaker-independent"
        )
    if overlap.unknown:
        return f"{names}: whether their speakers are apart is unknown: {overlap.unknown} utterances have no speaker"
    count = "1 speaker" if overlap.values == 1 else f"{overlap.values} speakers"
    return f"{names}: speakers apart ({count} in {overlap.second})"


def log_shared_speakers(data_dirs: Sequence[str | Path]) -> None:
    """Logs for each pair of data directories whether they have speakers in common, as a warning where they have.

    Args:
        data_dirs: train first; those that do not exist are passed over.

    Example:
        >>> log_shared_speakers(["data/train", "data/dev", "data/test"])
    """
    there = {Path(path).name: speakers(path) for path in data_dirs if DataDir(path).has(UTT2SPK)}
    overlaps = find_overlaps(there)
    for pair in combinations(there, 2):
        overlap = overlaps[pair]
        logger.log(logging.INFO if overlap.status == "apart" else logging.WARNING, "%s", speaker_line(overlap))
