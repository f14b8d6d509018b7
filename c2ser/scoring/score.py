"""Scores recognised emotions against the reference, file against file."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryFile

from c2ser.data.files import atomic_write, write_json
from c2ser.data.leaks import reported_speakers
from c2ser.data.names import UTT2SCORES, UTT2SPK, UTT2VOTES
from c2ser.data.overlaps import Overlap
from c2ser.emotions import EMOTIONS, read_emotions
from c2ser.errors import InputError
from c2ser.scoring.answers import COLUMNS, SPEAKER, Answers
from c2ser.scoring.groups import groups_text, listed, score_groups, write_groups
from c2ser.scoring.joining import Joined, join_answers
from c2ser.scoring.listeners import listeners_text, score_listeners
from c2ser.scoring.metrics import Confusion, summarise
from c2ser.scoring.plot import plot_confusion
from c2ser.scoring.soft_labels import rated_answers, score_soft_labels, soft_labels_text
from c2ser.scoring.tables import markdown_table, percent, with_interval

METRICS = {"WA": "wa", "UA": "ua", "macro F1": "macro_f1", "micro F1": "micro_f1", "weighted F1": "weighted_f1"}


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
    ``utt2spk`` beside ``ref`` lists them, ``ref`` does not) are left out and counted in the log. What else is beside
    ``ref`` is used: speakers for intervals over speakers, all of `groups.score_groups`, and listeners' votes, to which
    the probabilities in ``utt2scores`` beside ``hyp`` are compared. Written are ``utt.tsv``, ``confusion.tsv``,
    ``confusion.png``, where there are groups ``groups.tsv``, ``result.txt`` and, last, ``result.json``; the same input
    gives the same bytes. An utterance takes some 50 bytes of memory, one with votes 200.

    Args:
        ref: true emotions, one line ``<utt> <emotion>`` per utterance, in any order.
        hyp: recognised emotions, one line ``<utt> <emotion or <invalid>>`` per utterance, in any order.
        output_dir: where the results go.
        emotions: the label set's file; without it every emotion of the vocabulary may occur.
        corpus_emotions: label sets of corpora, see `c2ser.data.label_sets`; a hypothesis that is not of the label set
            of its utterance's corpus (``utt2corpus`` beside ``ref``) counts as invalid.
        speakers: what the set has of the training set's speakers; by default what check_leaks has reported beside it.

    Returns:
        Contents of ``result.json``: `metrics.summarise`, ``n_speakers`` and ``groups`` (`groups.listed`) where they are
        known; where there are votes, ``soft`` (`soft_labels.score_soft_labels`) and ``listeners``
        (`listeners.score_listeners`); and, where that is known, ``speakers`` (how many are ``shared`` with the training
        set, how many ``utterances`` are of these, how many are of ``unknown`` speakers).

    Raises:
        InputError: a label is unknown, an utterance is a duplicate, a hypothesis is for an utterance that is not in the
            reference's set, or the reference is empty.

    Example:
        >>> score_files("dump/test/utt2emo", "exp/alm/utt2emo", output_dir="score")["ua"]  # doctest: +SKIP
    """
    labels = list(EMOTIONS) if emotions is None else read_emotions(emotions)
    output_dir, directory = Path(output_dir), Path(ref).parent
    joined = join_answers(ref, hyp, labels=labels, corpus_emotions=corpus_emotions)
    answers = _collect(joined, output_dir / "utt.tsv", ref=ref, with_speakers=(directory / UTT2SPK).is_file())
    confusion = answers.confusion(labels)
    result = summarise(confusion, answers.units(confusion))
    if answers.num_speakers:
        result["n_speakers"] = answers.num_speakers
    if groups := score_groups(answers, confusion, directory=directory):
        write_groups(output_dir / "groups.tsv", groups)
        result["groups"] = listed(groups)
    result |= _against_votes(output_dir / "utt.tsv", directory / UTT2VOTES, scores=Path(hyp).parent / UTT2SCORES)
    if speakers := speakers or reported_speakers(directory):
        result["speakers"] = {name: getattr(speakers, name) for name in ("shared", "utterances", "unknown")}
    _write_confusion(output_dir / "confusion.tsv", confusion)
    plot_confusion(confusion, output_dir / "confusion.png")
    with atomic_write(output_dir / "result.txt") as file:
        file.write(result_text(result))
    write_json(output_dir / "result.json", result)
    return result


def _against_votes(utt_tsv: Path, utt2votes: Path, *, scores: Path) -> dict:
    """Scores listeners, and the answers against their votes; nothing where there are none."""
    if not utt2votes.is_file():
        return {}
    soft = score_soft_labels(utt_tsv, utt2votes, utt2scores=scores if scores.is_file() else None)
    if soft is None:
        return {}
    listeners = score_listeners(rated for _, rated in rated_answers(utt_tsv, utt2votes))
    return {"soft": soft, "listeners": listeners}


def _collect(joined: Iterable[Joined], path: Path, *, ref: str | Path, with_speakers: bool) -> Answers:
    """Reads all answers, and writes a line for each once they are known to be valid."""
    answers = Answers()
    with TemporaryFile("w+", encoding="utf-8") as lines:
        lines.write("\t".join([*COLUMNS, SPEAKER] if with_speakers else COLUMNS) + "\n")
        for line in joined:
            answers.add(line)
            utterance, truth, answer, known = line
            speaker = f"\t{known.speaker or utterance}" if with_speakers else ""
            lines.write(f"{utterance}\t{truth}\t{answer}\t{int(truth == answer)}{speaker}\n")
        if not len(answers):
            raise InputError(f"{ref}: no utterance in it; a reference has lines '<utterance> <emotion>'")
        lines.seek(0)
        with atomic_write(path) as file:
            shutil.copyfileobj(lines, file)
    return answers


def result_text(result: Mapping) -> str:
    """Formats what ``result.json`` holds for reading: overall metrics, a line per emotion, groups; in per cent."""
    intervals, majority = result["ci95"], result["majority"]
    overall = [
        [name, with_interval(result[key], intervals[key]), percent(majority[key])] for name, key in METRICS.items()
    ]
    overall = [
        ["utterances", str(result["n_utts"]), ""],
        *([["speakers", str(result["n_speakers"]), ""]] if "n_speakers" in result else []),
        *overall,
        ["invalid", percent(result["invalid_rate"]), ""],
    ]
    classes = [
        [emotion, percent(c["precision"]), percent(c["recall"]), percent(c["f1"]), str(c["support"])]
        for emotion, c in result["per_class"].items()
    ]
    header = ["metric", f"% [95 % interval over {result['ci95_over']}]", f"always {majority['emotion']}"]
    tables = [
        markdown_table(header, overall),
        markdown_table(["emotion", "precision", "recall", "F1", "utterances"], classes),
        groups_text(result.get("groups", {})),
        soft_labels_text(result["soft"]) if "soft" in result else "",
        listeners_text(result["listeners"]) if "listeners" in result else "",
    ]
    return "\n".join(filter(None, tables))


def _write_confusion(path: Path, confusion: Confusion) -> None:
    with atomic_write(path) as file:
        file.write("\t".join(["reference", *confusion.columns]) + "\n")
        for emotion, row in zip(confusion.rows, confusion.counts, strict=True):
            file.write("\t".join([emotion, *map(str, row)]) + "\n")
