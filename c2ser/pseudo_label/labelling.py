"""Pseudo-labels: an unlabelled utterance gets the emotion on which all teachers agree with enough confidence."""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.names import UTT2EMO, UTT2SPK
from c2ser.data.staging import staged_directory
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import check_emotions
from c2ser.errors import InputError
from c2ser.pseudo_label.agreement import agreement, most_confident_per_emotion
from c2ser.pseudo_label.evaluation import evaluate
from c2ser.pseudo_label.plot import plot_precision
from c2ser.pseudo_label.report import report_text, warnings
from c2ser.pseudo_label.teacher import Answers, Teacher

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Panel:
    """Teachers that label together, and what their answers need.

    Attributes:
        teachers: by name; a single teacher labels by itself.
        thresholds: name -> the least confidence of the teacher's answers, in the order of ``teachers``.
        emotions: the label set; answers outside it count as abstentions.
        max_per_class: labels per emotion at most, the most confident ones; None for no limit.
    """

    teachers: Mapping[str, Teacher]
    thresholds: Mapping[str, float]
    emotions: Sequence[str]
    max_per_class: int | None = None

    def ask(self, data_dir: Path) -> dict[str, Answers]:
        """Returns the answers of each teacher about a data directory."""
        return {
            name: {utt: answer for utt, answer in teacher(data_dir).items() if answer.emotion in self.emotions}
            for name, teacher in self.teachers.items()
        }

    def agree(self, answers: Mapping[str, Answers]) -> Answers:
        """Returns the labels that follow from the teachers' answers, without the limit per emotion."""
        return agreement(list(answers.values()), list(self.thresholds.values()))


def pseudo_label(
    panel: Panel,
    unlabelled_dir: str | Path,
    *,
    output_dir: str | Path,
    held_out_dir: str | Path | None = None,
    train_dir: str | Path | None = None,
    reference: str | Path | None = None,
) -> dict:
    """Labels a set where the teachers agree.

    Args:
        panel: the teachers.
        unlabelled_dir: the set to label.
        output_dir: becomes the unlabelled set with a ``utt2emo`` of the labels, ``report.json``, ``report.txt`` and,
            with held-out labels, ``report.png``; an earlier one is replaced.
        held_out_dir: labelled set that no teacher was trained on, preferably of other speakers; for the report only.
        train_dir: what the teachers were trained on, to check that the held-out set is another.
        reference: table of the true emotions of the unlabelled set, where they are known; for the report only.

    Returns:
        The report.

    Raises:
        InputError: a table is missing or faulty, a set is empty, a held-out utterance is part of the training set, or
            ``output_dir`` is one of the other folders.

    References:
        Zhao et al.: Steering language model to stable speech emotion recognition via contextual perception and chain
        of thought (arXiv 2502.18186), whose teachers are emotion2vec and GLM-4-9B-Chat.

    Example:
        >>> pseudo_label(Panel({"text": teacher}, {"text": 0.5}, ["angry", "sad"]), "dump/unlabelled",
        ...              output_dir="dump/unlabelled_pseudo")["coverage"]  # doctest: +SKIP
        0.27
    """
    unlabelled_dir, output_dir = Path(unlabelled_dir), Path(output_dir)
    for name, given in (("unlabelled", unlabelled_dir), ("training", train_dir), ("held-out", held_out_dir)):
        if given is not None and Path(given).resolve() == output_dir.resolve():
            raise InputError(f"{output_dir}: --output_dir is the {name} set itself; name another folder")
    utts = list(DataDir(unlabelled_dir).utterances())
    if not utts:
        raise InputError(f"{unlabelled_dir / UTT2SPK}: no utterance to label; extract its attributes first")
    held_out = _read_truth(Path(held_out_dir) / UTT2EMO) if held_out_dir else {}
    truth = _read_truth(Path(reference), set(utts)) if reference else {}
    seen_speakers = _shared_speakers(Path(train_dir), Path(held_out_dir)) if train_dir and held_out_dir else set()

    answers = panel.ask(unlabelled_dir)
    labels = panel.agree(answers)
    if panel.max_per_class is not None:
        labels = most_confident_per_emotion(labels, panel.emotions, count=panel.max_per_class)
    report = _counts(panel, utts, answers, labels)
    if truth:
        report["reference"] = evaluate(answers, labels, thresholds=panel.thresholds, truth=truth)
    held_out_answers = panel.ask(Path(held_out_dir)) if held_out else {}
    if held_out:
        report["held_out"] = evaluate(
            held_out_answers, panel.agree(held_out_answers), thresholds=panel.thresholds, truth=held_out
        )
        report["held_out"]["n_seen_speakers"] = len(seen_speakers)
    for line in warnings(report):
        logger.warning("%s", line)

    with staged_directory(output_dir) as part:  # output_dir may hold the job's log and the teachers' caches, which stay
        DataDir(unlabelled_dir).subset(part, set(utts))
        write_table(part / UTT2EMO, {utt: label.emotion for utt, label in labels.items()})
        (part / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        (part / "report.txt").write_text(report_text(report), encoding="utf-8")
        if held_out:
            plot_precision(held_out_answers, held_out, path=part / "report.png")
        (output_dir / "report.png").unlink(missing_ok=True)
    return report


def _counts(panel: Panel, utts: Sequence[str], answers: Mapping[str, Answers], labels: Answers) -> dict:
    return {
        "thresholds": dict(panel.thresholds),
        "max_per_class": panel.max_per_class,
        "n_unlabelled": len(utts),
        "n_unanswered": {name: len(utts) - len(given) for name, given in answers.items()},
        "n_labelled": len(labels),
        "coverage": len(labels) / len(utts),
        "per_class": {
            emotion: sum(label.emotion == emotion for label in labels.values()) for emotion in panel.emotions
        },
    }


def _read_truth(path: Path, utts: Collection[str] | None = None) -> dict[str, str]:
    truth = {utt: emotion for utt, emotion in read_table(path).items() if utts is None or utt in utts}
    if not truth:
        raise InputError(f"{path}: no label of these utterances; check the file")
    check_emotions(truth, path)
    return truth


def _shared_speakers(train_dir: Path, held_out_dir: Path) -> set[str]:
    train, held_out = (read_table(directory / UTT2SPK) for directory in (train_dir, held_out_dir))
    if seen := train.keys() & held_out.keys():
        raise InputError(
            f"{held_out_dir / UTT2SPK}: '{min(seen)}' is in {train_dir} too ({len(seen)} are); hold out others"
        )
    return set(train.values()) & set(held_out.values())
