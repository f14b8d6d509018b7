"""Scores recognised emotions against the reference, file against file."""

import json
import logging
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO

from c2ser.data.files import atomic_write
from c2ser.data.label_sets import allowed_emotions, read_label_sets
from c2ser.data.leaks import reported_speakers
from c2ser.data.names import UTT2CORPUS, UTT2SPK
from c2ser.data.overlaps import Overlap
from c2ser.data.tables import AFTER_ALL_KEYS, lines_by_key, outer_join
from c2ser.emotions import EMOTIONS, INVALID, read_emotions
from c2ser.errors import InputError
from c2ser.scoring.metrics import Confusion, confusion_of_pairs, summarise
from c2ser.scoring.plot import plot_confusion
from c2ser.scoring.tables import markdown_table, percent, with_interval

logger = logging.getLogger(__name__)

Joined = tuple[str, str | None, str | None]  # utterance, true and recognised emotion


def score_files(
    ref: str | Path,
    hyp: str | Path,
    *,
    output_dir: str | Path,
    emotions: str | Path | None = None,
    corpus_emotions: str | Path | None = None,
    speakers: Overlap | None = None,
) -> dict:
    """Scores the ``utt2emo`` of a recogniser and writes the result.

    An utterance whose hypothesis is missing or ``<invalid>`` counts as wrong. Hypotheses of unlabelled utterances (the
    ``utt2spk`` beside ``ref`` lists them, ``ref`` does not) are left out and counted in the log. Written are
    ``utt.tsv``, ``confusion.tsv``, ``confusion.png``, ``result.txt`` and, last, ``result.json``; the same input gives
    the same bytes. Memory does not grow with the number of utterances.

    Args:
        ref: true emotions, one line ``<utt> <emotion>`` per utterance, in any order.
        hyp: recognised emotions, one line ``<utt> <emotion or <invalid>>`` per utterance, in any order.
        output_dir: where the results go.
        emotions: the label set's file; without it every emotion of the vocabulary may occur.
        corpus_emotions: label sets of corpora, see `c2ser.data.label_sets`; a hypothesis that is not of the label set
            of its utterance's corpus (``utt2corpus`` beside ``ref``) counts as invalid.
        speakers: what the set has of the training set's speakers; by default what check_leaks has reported beside it.

    Returns:
        Contents of ``result.json``: `metrics.summarise` and, where that is known, ``speakers`` (how many are ``shared``
        with the training set, how many ``utterances`` are of these, how many are of ``unknown`` speakers).

    Raises:
        InputError: a label is unknown, an utterance is a duplicate, a hypothesis is for an utterance that is not in the
            reference's set, or the reference is empty.

    Example:
        >>> score_files("dump/test/utt2emo", "exp/alm/utt2emo", output_dir="score")["ua"]  # doctest: +SKIP
    """
    labels = list(EMOTIONS) if emotions is None else read_emotions(emotions)
    output_dir = Path(output_dir)
    with TemporaryFile("w+", encoding="utf-8") as utterances:
        joined = _joined(Path(ref), Path(hyp), labels, corpus_emotions)
        pairs = _compare(Path(ref), Path(hyp), joined, utterances)
        utterances.seek(0)
        with atomic_write(output_dir / "utt.tsv") as file:
            shutil.copyfileobj(utterances, file)
    confusion = confusion_of_pairs(pairs, labels)
    result = summarise(confusion)
    if speakers := speakers or reported_speakers(Path(ref).parent):
        result["speakers"] = {name: getattr(speakers, name) for name in ("shared", "utterances", "unknown")}
    _write_confusion(output_dir / "confusion.tsv", confusion)
    plot_confusion(confusion, output_dir / "confusion.png")
    with atomic_write(output_dir / "result.txt") as file:
        file.write(result_text(result))
    with atomic_write(output_dir / "result.json") as file:
        file.write(json.dumps(result, indent=2) + "\n")
    return result


def _joined(ref: Path, hyp: Path, labels: Sequence[str], corpus_emotions: str | Path | None) -> Iterator[Joined]:
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


def _compare(ref: Path, hyp: Path, joined: Iterable[Joined], file: TextIO) -> Counter[tuple[str, str]]:
    """Counts (reference, hypothesis) of all labelled utterances and writes a line for each."""
    pairs: Counter[tuple[str, str]] = Counter()
    unlabelled = _Unlabelled(ref, hyp)
    n_missing = 0
    file.write("utterance\treference\thypothesis\tcorrect\n")
    for utt, truth, answer in joined:
        if truth is None:
            unlabelled.check(utt)
            continue
        if answer is None:
            answer = INVALID
            n_missing += 1
        pairs[truth, answer] += 1
        file.write(f"{utt}\t{truth}\t{answer}\t{int(truth == answer)}\n")
    if not pairs:
        raise InputError(f"{ref}: no utterance in it; a reference has lines '<utterance> <emotion>'")
    if n_missing:
        logger.warning("%s: no hypothesis for %d of %d utterances; they count as wrong", hyp, n_missing, pairs.total())
    if unlabelled.count:
        logger.warning("%s: left out %d unlabelled utterances, which %s does not list", hyp, unlabelled.count, ref)
    return pairs


class _Unlabelled:
    """Tells hypotheses of unlabelled utterances from those of another set.

    Args:
        ref: the reference, in a data directory.
        hyp: the hypotheses, for messages.
    """

    def __init__(self, ref: Path, hyp: Path):
        self.count = 0
        self._ref, self._hyp = ref, hyp
        utt2spk = ref.parent / UTT2SPK
        self._utterances = (utt for _, utt, _ in lines_by_key(utt2spk)) if utt2spk.is_file() else iter(())
        self._current = ""

    def check(self, utterance: str) -> None:
        """Counts an utterance; they come sorted.

        Raises:
            InputError: the set of the reference does not have it.
        """
        while self._current < utterance:
            self._current = next(self._utterances, AFTER_ALL_KEYS)
        if self._current != utterance:
            raise InputError(
                f"{self._hyp}: utterance '{utterance}' is not in the reference {self._ref}; score matching sets"
            )
        self.count += 1


def _labels(path: Path, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields (utterance, label), sorted by utterance."""
    allowed = set(labels)
    for number, utterance, label in lines_by_key(path):
        if label not in allowed:
            known = ", ".join(labels)
            raise InputError(f"{path}:{number}: utterance '{utterance}': unknown emotion '{label}'; known are {known}")
        yield utterance, label


def result_text(result: Mapping) -> str:
    """Formats what ``result.json`` holds for reading: overall metrics, then one line an emotion; in per cent."""
    intervals = result["ci95"]
    overall = [
        ["utterances", str(result["n_utts"])],
        ["WA", with_interval(result["wa"], intervals["wa"])],
        ["UA", with_interval(result["ua"], intervals["ua"])],
        ["macro F1", with_interval(result["macro_f1"], intervals["macro_f1"])],
        ["weighted F1", percent(result["weighted_f1"])],
        ["invalid", percent(result["invalid_rate"])],
    ]
    classes = [
        [emotion, percent(c["precision"]), percent(c["recall"]), percent(c["f1"]), str(c["support"])]
        for emotion, c in result["per_class"].items()
    ]
    return (
        markdown_table(["metric", "% [95 % interval]"], overall)
        + "\n"
        + markdown_table(["emotion", "precision", "recall", "F1", "utterances"], classes)
    )


def _write_confusion(path: Path, confusion: Confusion) -> None:
    with atomic_write(path) as file:
        file.write("\t".join(["reference", *confusion.columns]) + "\n")
        for emotion, row in zip(confusion.rows, confusion.counts, strict=True):
            file.write("\t".join([emotion, *map(str, row)]) + "\n")


def read_confusion(path: str | Path) -> Counter[tuple[str, str]]:
    """Reads ``confusion.tsv``.

    Returns:
        (reference, hypothesis) -> number of utterances.

    Raises:
        InputError: it is missing, or was not written by ``score``.

    Example:
        >>> read_confusion("score/confusion.tsv")["sad", "neutral"]  # doctest: +SKIP
        3
    """
    try:
        header, *lines = (line.split("\t") for line in Path(path).read_text(encoding="utf-8").splitlines())
        return Counter(
            {
                (reference, hypothesis): int(count)
                for reference, *counts in lines
                for hypothesis, count in zip(header[1:], counts, strict=True)
            }
        )
    except (OSError, ValueError):
        raise InputError(f"{path}: not the confusion that score writes; score again") from None
