"""What a card says of a set of utterances."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.names import UTT2CORPUS, UTT2DUR, UTT2EMO, UTT2LANG, UTT2SPK
from c2ser.data.speakers import known_speaker
from c2ser.data.tables import parse_positive


@dataclass(frozen=True)
class SetFacts:
    """Counts of a set; what its tables do not tell is not counted.

    Attributes:
        name: the set's.
        utterances: their number.
        speakers: known speakers.
        unknown_speakers: utterances whose speaker is not known.
        emotions: emotion -> labelled utterances.
        languages: ISO 639-1 -> utterances.
        corpora: name -> utterances.
        tenths: length in tenths of a second -> utterances.
        seconds: of all utterances whose length is known.
    """

    name: str
    utterances: int
    speakers: frozenset[str]
    unknown_speakers: int
    emotions: Counter[str]
    languages: Counter[str]
    corpora: Counter[str]
    tenths: Counter[int]
    seconds: float

    def length(self, share: float) -> float | None:
        """Returns the length in seconds that a share of the utterances does not exceed; None where none is known.

        Args:
            share: from 0, the shortest, to 1, the longest.

        Example:
            >>> describe_set("dump/train").length(0.5)  # doctest: +SKIP
            2.1
        """
        rank = share * (self.tenths.total() - 1)
        passed = 0
        for tenths, count in sorted(self.tenths.items()):
            passed += count
            if passed > rank:
                return tenths / 10
        return None


def describe_set(data_dir: str | Path) -> SetFacts:
    """Counts the utterances of a data directory, of any size, in memory that grows with its speakers alone.

    Args:
        data_dir: the data directory.

    Raises:
        InputError: a table is faulty.

    Example:
        >>> describe_set("dump/train").languages  # doctest: +SKIP
        Counter({'en': 655, 'zh': 654})
    """
    speakers: set[str] = set()
    counts = {name: Counter() for name in (UTT2EMO, UTT2LANG, UTT2CORPUS, UTT2DUR)}
    utterances = unknown = 0
    seconds = 0.0
    rows = DataDir(data_dir).iterate(UTT2SPK, optional=[*counts], parsers={UTT2DUR: parse_positive})
    for utterance, speaker, *values in rows:
        utterances += 1
        if known_speaker(utterance, speaker) is None:
            unknown += 1
        else:
            speakers.add(speaker)
        *words, duration = values
        for table, word in zip(counts, words):
            if word is not None:
                counts[table][word] += 1
        if duration is not None:
            seconds += duration
            counts[UTT2DUR][round(10 * duration)] += 1
    return SetFacts(Path(data_dir).name, utterances, frozenset(speakers), unknown, *counts.values(), seconds)


def together(sets: Sequence[SetFacts], name: str) -> SetFacts:
    """Adds the counts of sets.

    Args:
        sets: one or more.
        name: what they are together.
    """

    def both(first: SetFacts, second: SetFacts) -> SetFacts:
        sums = {
            field: getattr(first, field) + getattr(second, field)
            for field in ("utterances", "unknown_speakers", "emotions", "languages", "corpora", "tenths", "seconds")
        }
        return SetFacts(name=name, speakers=first.speakers | second.speakers, **sums)

    return reduce(both, sets)
