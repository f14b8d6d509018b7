"""Scores recognised emotions against the reference, file against file."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from c2ser.data.files import atomic_write
from c2ser.data.tables import table_lines
from c2ser.emotions import EMOTIONS, INVALID, read_emotions
from c2ser.errors import InputError
from c2ser.scoring.metrics import Confusion, count_confusion, summarise
from c2ser.scoring.plot import plot_confusion
from c2ser.scoring.tables import markdown_table, percent, with_interval


def score_files(ref: str | Path, hyp: str | Path, output_dir: str | Path, emotions: str | Path | None = None) -> dict:
    """Scores the ``utt2emo`` of a recogniser and writes the result.

    An utterance whose hypothesis is missing or ``<invalid>`` counts as wrong. Written are ``utt.tsv``,
    ``confusion.tsv``, ``confusion.png``, ``result.txt`` and, last, ``result.json``; same input, same bytes.

    Args:
        ref: true emotions, ``<utt> <emotion>`` a line.
        hyp: recognised emotions, ``<utt> <emotion or <invalid>>`` a line.
        output_dir: where the results go.
        emotions: the label set's file; without it every emotion of the vocabulary may occur.

    Returns:
        What ``result.json`` holds (`metrics.summarise`).

    Raises:
        InputError: a label is unknown, an utterance stands twice, a hypothesis is for an utterance that the reference
            lacks, or the reference is empty.
    """
    labels = list(EMOTIONS) if emotions is None else read_emotions(emotions)
    reference = _read_labels(ref, labels)
    if not reference:
        raise InputError(f"{ref}: no utterance in it; a reference has lines '<utterance> <emotion>'")
    recognised = _read_labels(hyp, [*labels, INVALID], known=reference)
    n_missing = len(reference) - len(recognised)
    if n_missing:
        logging.warning(
            "%s: no hypothesis for %d of %d utterances; they count as wrong", hyp, n_missing, len(reference)
        )

    utterances = sorted(reference)
    truths = [reference[utterance] for utterance in utterances]
    answers = [recognised.get(utterance, INVALID) for utterance in utterances]
    confusion = count_confusion(truths, answers, labels)
    result = summarise(confusion)

    output_dir = Path(output_dir)
    _write_utterances(output_dir / "utt.tsv", utterances, truths, answers)
    _write_confusion(output_dir / "confusion.tsv", confusion)
    plot_confusion(confusion, output_dir / "confusion.png")
    with atomic_write(output_dir / "result.txt") as file:
        file.write(result_text(result))
    with atomic_write(output_dir / "result.json") as file:
        file.write(json.dumps(result, indent=2) + "\n")
    return result


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


def _read_labels(path: str | Path, labels: Sequence[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Reads ``<utterance> <label>`` in any order; ``known`` holds the utterances that may occur."""
    table: dict[str, str] = {}
    allowed = set(labels)
    for number, utterance, label in table_lines(path):
        if utterance in table:
            raise InputError(f"{path}:{number}: utterance '{utterance}' stands twice; keep one of the lines")
        if known is not None and utterance not in known:
            raise InputError(f"{path}:{number}: utterance '{utterance}' is not in the reference; score matching sets")
        if label not in allowed:
            raise InputError(
                f"{path}:{number}: utterance '{utterance}': unknown emotion '{label}'; known are {', '.join(labels)}"
            )
        table[utterance] = label
    return table


def _write_utterances(path: Path, utterances: Sequence[str], truths: Sequence[str], answers: Sequence[str]) -> None:
    with atomic_write(path) as file:
        file.write("utterance\treference\thypothesis\tcorrect\n")
        for utterance, truth, answer in zip(utterances, truths, answers, strict=True):
            file.write(f"{utterance}\t{truth}\t{answer}\t{int(truth == answer)}\n")


def _write_confusion(path: Path, confusion: Confusion) -> None:
    with atomic_write(path) as file:
        file.write("\t".join(["reference", *confusion.columns]) + "\n")
        for emotion, row in zip(confusion.rows, confusion.counts, strict=True):
            file.write("\t".join([emotion, *map(str, row)]) + "\n")
