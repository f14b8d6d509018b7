"""Pairs of utterances between which inputs are exchanged."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from c2ser.data.data_dir import DataDir
from c2ser.data.leaks import sentences
from c2ser.data.names import UTT2EMO, UTT2SPK
from c2ser.data.transcripts import read_languages
from c2ser.emotions import parse_emotion


@dataclass(frozen=True)
class Labelled:
    """What a data directory tells of a labelled utterance.

    Attributes:
        emotion: its label.
        sentence: its words without case and punctuation; None where unknown.
        speaker: who speaks; the utterance itself where unknown.
        language: ISO 639-1; None where unknown.
    """

    emotion: str
    sentence: str | None
    speaker: str
    language: str | None


@dataclass(frozen=True)
class Pair:
    """Two utterances of two emotions.

    Attributes:
        recipient: is answered, with an input of the other one.
        donor: whose input that is.
    """

    recipient: str
    donor: str


def read_labelled(data_dir: str | Path) -> dict[str, Labelled]:
    """Reads what is known of the labelled utterances of a set.

    Args:
        data_dir: has ``utt2emo`` and, where they are known, ``text``, ``utt2spk`` and ``utt2lang``.

    Raises:
        InputError: a table is faulty.
    """
    said, languages = dict(sentences(data_dir)), read_languages(data_dir)
    rows = DataDir(data_dir).iterate(optional=[UTT2EMO, UTT2SPK], parsers={UTT2EMO: parse_emotion})
    return {
        utt: Labelled(emotion, said[utt], speaker or utt, languages.get(utt))
        for utt, emotion, speaker in rows
        if emotion is not None
    }


def find_pairs(labelled: Mapping[str, Labelled], *, number: int, parallel: bool = True, seed: int = 0) -> list[Pair]:
    """Draws donors for each utterance: of another emotion, of the same speaker as far as there are such.

    Args:
        labelled: the utterances.
        number: donors of an utterance, where there are so many.
        parallel: donors say the same sentence; otherwise another one, in the same language.
        seed: of the draw.

    Returns:
        Pairs, those of a recipient together; none where no utterance has such a donor.

    Example:
        >>> labelled = {
        ...     "a": Labelled("sad", "it rains", "anna", "en"),
        ...     "b": Labelled("angry", "it rains", "anna", "en"),
        ...     "c": Labelled("angry", "it snows", "anna", "en"),
        ... }
        >>> find_pairs(labelled, number=1)
        [Pair(recipient='a', donor='b'), Pair(recipient='b', donor='a')]
    """
    known = {utt: own for utt, own in labelled.items() if own.sentence is not None}
    generator = np.random.default_rng(seed)
    order = [list(known)[place] for place in generator.permutation(len(known))]

    def key(own: Labelled) -> Hashable:
        return own.sentence if parallel else own.language

    near, far = (
        _grouped(order, lambda utt: (key(known[utt]), known[utt].speaker)),
        _grouped(order, lambda utt: key(known[utt])),
    )

    def fits(own: Labelled, other: Labelled) -> bool:
        return own.emotion != other.emotion and (own.sentence == other.sentence) is parallel

    pairs = []
    for utt, own in known.items():
        pools = near[key(own), own.speaker], far[key(own)]
        walk = (other for pool in pools for other in _from(pool, generator) if fits(own, known[other]))
        pairs += [Pair(utt, donor) for donor in islice(_unique(walk), number)]
    return pairs


def _grouped(utterances: Sequence[str], key: Callable[[str], Hashable]) -> dict[Hashable, list[str]]:
    groups = defaultdict(list)
    for utt in utterances:
        groups[key(utt)].append(utt)
    return groups


def _from(pool: Sequence[str], generator: np.random.Generator) -> Iterator[str]:
    """Yields all of a pool in its order, beginning anywhere."""
    start = int(generator.integers(len(pool)))
    for place in range(len(pool)):
        yield pool[(start + place) % len(pool)]


def _unique(utterances: Iterator[str]) -> Iterator[str]:
    seen = set()
    for utt in utterances:
        if utt not in seen:
            seen.add(utt)
            yield utt
