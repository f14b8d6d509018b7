"""Reference, hypotheses and what is known of the utterances, in one merge over sorted tables."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from c2ser.data.columns import rows
from c2ser.data.label_sets import allowed_emotions, read_label_sets
from c2ser.data.names import UTT2CORPUS, UTT2DUR, UTT2LANG, UTT2LEXICAL_CUE, UTT2SPK
from c2ser.data.tables import lines_by_key, outer_join, parse_positive
from c2ser.emotions import INVALID
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

_NAMED = 10  # utterances that a message names at most


class Known(NamedTuple):
    """What is known of an utterance; None where it is not."""

    speaker: str | None = None
    language: str | None = None
    corpus: str | None = None
    seconds: float | None = None
    lexical_cue: str | None = None


class Joined(NamedTuple):
    """A labelled utterance with its answer."""

    utterance: str
    truth: str
    answer: str
    known: Known


class _Names:
    """Counts utterances and keeps the names of the first."""

    def __init__(self):
        self.count, self._first = 0, []

    def add(self, name: str) -> None:
        self.count += 1
        if self.count <= _NAMED:
            self._first.append(name)

    def __str__(self) -> str:
        others = self.count - len(self._first)
        return ", ".join(self._first) + (f" and {others} others" if others else "")


def join_answers(
    ref: str | Path, hyp: str | Path, *, labels: Sequence[str], corpus_emotions: str | Path | None = None
) -> Iterator[Joined]:
    """Yields each labelled utterance with its answer, sorted; `INVALID` stands for one that is missing.

    Speakers, languages, corpora, durations and lexical cues are those of the tables beside the reference.

    Args:
        ref: true emotions.
        hyp: recognised emotions.
        labels: those that may occur.
        corpus_emotions: label sets of corpora; an answer that is not of its corpus's becomes `INVALID`.

    Raises:
        InputError: a label is unknown, an utterance is a duplicate, or a hypothesis is for an utterance that is not in
            the reference's set.

    Example:
        >>> for joined in join_answers("data/test/utt2emo", "exp/utt2emo", labels=EMOTIONS):  # doctest: +SKIP
        ...     print(joined.utterance, joined.truth == joined.answer)
    """
    ref, hyp = Path(ref), Path(hyp)
    missing, unlabelled, total = _Names(), _Names(), 0
    pairs = ((utt, (truth, answer)) for utt, truth, answer in _pairs(ref, hyp, labels, corpus_emotions))
    for utterance, pair, known in outer_join(pairs, _known(ref.parent)):
        if pair is None:
            continue
        truth, answer = pair
        if truth is None:
            if known is None:
                raise InputError(f"{hyp}: utterance '{utterance}' is not in the reference {ref}; score matching sets")
            unlabelled.add(utterance)
            continue
        total += 1
        if answer is None:
            missing.add(utterance)
        yield Joined(utterance, truth, answer or INVALID, known or Known())
    if missing.count:
        what = "no hypothesis for %d of %d utterances, %s; they count as wrong"
        logger.warning(f"%s: {what}", hyp, missing.count, total, missing)
    if unlabelled.count:
        what = "left out %d unlabelled utterances, which %s does not list, %s"
        logger.warning(f"%s: {what}", hyp, unlabelled.count, ref, unlabelled)


def _pairs(
    ref: Path, hyp: Path, labels: Sequence[str], corpus_emotions: str | Path | None
) -> Iterator[tuple[str, str | None, str | None]]:
    """Yields each utterance with its true and its recognised emotion, within the label set of its corpus."""
    joined = outer_join(_labels(ref, labels), _labels(hyp, [*labels, INVALID]))
    if corpus_emotions is None:
        yield from joined
        return
    allowed = allowed_emotions(ref.parent / UTT2CORPUS, read_label_sets(corpus_emotions), among=labels)
    outside = 0
    for utt, pair, own in outer_join(((utt, (truth, answer)) for utt, truth, answer in joined), allowed):
        truth, answer = pair or (None, None)
        if truth is not None and truth not in (own or ()):
            raise InputError(f"{ref}: '{utt}': '{truth}' is not in the label set of its corpus; see {corpus_emotions}")
        if own and answer is not None and answer not in (*own, INVALID):
            answer = INVALID
            outside += 1
        if pair:
            yield utt, truth, answer
    if outside:
        logger.info("%s: %d emotions are not of the label set of their corpus, and count as invalid", hyp, outside)


def _known(directory: Path) -> Iterator[tuple[str, Known]]:
    """Yields all utterances of a set with what is known of them; none where the folder is not a data directory."""
    if (directory / UTT2SPK).is_file():
        optional = [UTT2LANG, UTT2CORPUS, UTT2DUR, UTT2LEXICAL_CUE]
        for utterance, *known in rows(directory, [UTT2SPK], optional=optional, parsers={UTT2DUR: parse_positive}):
            yield utterance, Known(*known)


def _labels(path: Path, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields (utterance, label), sorted by utterance."""
    allowed = set(labels)
    for number, utterance, label in lines_by_key(path):
        if label not in allowed:
            known = ", ".join(labels)
            raise InputError(f"{path}:{number}: utterance '{utterance}': unknown emotion '{label}'; known are {known}")
        yield utterance, label
