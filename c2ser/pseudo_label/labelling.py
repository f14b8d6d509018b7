"""Pseudo-labels: an unlabelled utterance gets the emotion that all teachers name, each sure enough of it."""

import json
import logging
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from c2ser.data.data_dir import open_directory, subset_data_dir
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import check_emotions
from c2ser.errors import InputError
from c2ser.pseudo_label.agreement import agreement, surest_of_each
from c2ser.pseudo_label.report import evaluate, plot_precision, report_text, warnings
from c2ser.pseudo_label.teacher import Answers, Teacher


def pseudo_label(
    teachers: Mapping[str, Teacher],
    thresholds: Mapping[str, float],
    emotions: Sequence[str],
    unlabelled_dir: str | Path,
    output_dir: str | Path,
    held_out_dir: str | Path | None = None,
    train_dir: str | Path | None = None,
    reference: str | Path | None = None,
    max_per_class: int | None = None,
) -> dict:
    """Labels a set where the teachers agree (paper, section on data: emotion2vec and GLM-4-9B-Chat).

    Args:
        teachers: by name; one alone labels by itself.
        thresholds: name -> the confidence that the teacher's answer needs, in the order of ``teachers``.
        emotions: the label set.
        unlabelled_dir: the set to label.
        output_dir: becomes the unlabelled set with a ``utt2emo`` of the labels, ``report.json``, ``report.txt`` and,
            of held-out labels, ``report.png``; an earlier one is replaced.
        held_out_dir: labelled set that no teacher has learned from, best of other speakers; only reported on.
        train_dir: what the teachers have learned from, to see that the held-out set is another.
        reference: table of the unlabelled set's true emotions, where they are known; only reported on.
        max_per_class: utterances of an emotion that get a label at most, the surest; None for no bound.

    Returns:
        The report.

    Raises:
        InputError: a table is missing or faulty, a set is empty, a held-out utterance is of the training set, or
            ``output_dir`` is one of the other folders.
    """
    unlabelled_dir, output_dir = Path(unlabelled_dir), Path(output_dir)
    for name, given in (("unlabelled", unlabelled_dir), ("training", train_dir), ("held-out", held_out_dir)):
        if given is not None and Path(given).resolve() == output_dir.resolve():
            raise InputError(f"{output_dir}: --output_dir is the {name} set itself; name another folder")
    utts = list(read_table(unlabelled_dir / "utt2spk"))
    if not utts:
        raise InputError(f"{unlabelled_dir / 'utt2spk'}: no utterance to label; check stage 2")
    held_out = _read_truth(Path(held_out_dir) / "utt2emo") if held_out_dir else {}
    truth = _read_truth(Path(reference), set(utts)) if reference else {}
    seen_speakers = _shared_speakers(Path(train_dir), Path(held_out_dir)) if train_dir and held_out_dir else set()

    answers = _ask(teachers, unlabelled_dir, emotions)
    labels = agreement(list(answers.values()), list(thresholds.values()))
    if max_per_class is not None:
        labels = surest_of_each(labels, emotions, max_per_class)
    report = {
        "thresholds": dict(thresholds),
        "max_per_class": max_per_class,
        "n_unlabelled": len(utts),
        "n_unanswered": {name: len(utts) - len(given) for name, given in answers.items()},
        "n_labelled": len(labels),
        "coverage": len(labels) / len(utts),
        "per_class": {emotion: sum(label.emotion == emotion for label in labels.values()) for emotion in emotions},
    }
    if truth:
        report["reference"] = evaluate(answers, labels, thresholds, truth)
    held_out_answers = _ask(teachers, Path(held_out_dir), emotions) if held_out else {}
    if held_out:
        agreed = agreement(list(held_out_answers.values()), list(thresholds.values()))
        report["held_out"] = evaluate(held_out_answers, agreed, thresholds, held_out)
        report["held_out"]["n_seen_speakers"] = len(seen_speakers)
    for line in warnings(report):
        logging.warning(line)

    with _replaced(output_dir) as part:
        subset_data_dir(unlabelled_dir, part, utts)
        write_table(part / "utt2emo", {utt: label.emotion for utt, label in labels.items()})
        (part / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        (part / "report.txt").write_text(report_text(report), encoding="utf-8")
        if held_out:
            plot_precision(held_out_answers, held_out, part / "report.png")
    return report


def _ask(teachers: Mapping[str, Teacher], data_dir: Path, emotions: Collection[str]) -> dict[str, Answers]:
    """Asks each teacher; one may have learned emotions that are none of the label set, which are no answers."""
    return {
        name: {utt: answer for utt, answer in teacher(data_dir).items() if answer.emotion in emotions}
        for name, teacher in teachers.items()
    }


def _read_truth(path: Path, utts: Collection[str] | None = None) -> dict[str, str]:
    truth = {utt: emotion for utt, emotion in read_table(path).items() if utts is None or utt in utts}
    if not truth:
        raise InputError(f"{path}: no label of an utterance to compare with; check the file")
    check_emotions(truth, path)
    return truth


def _shared_speakers(train_dir: Path, held_out_dir: Path) -> set[str]:
    train, held_out = (read_table(directory / "utt2spk") for directory in (train_dir, held_out_dir))
    if seen := train.keys() & held_out.keys():
        raise InputError(
            f"{held_out_dir}/utt2spk: '{min(seen)}' is in {train_dir} too ({len(seen)} utterances are); hold out others"
        )
    return set(train.values()) & set(held_out.values())


@contextmanager
def _replaced(directory: Path) -> Iterator[Path]:
    """Gives a folder to write a set into; moves that in then, ``wav.scp`` last: where that exists, the set is whole."""
    part = directory.with_name(f"{directory.name}.part{os.getpid()}")
    try:
        yield part
        directory.mkdir(exist_ok=True)  # with the log of the job and what teachers keep, which stay
        open_directory(directory, read_table(part / "utt2spk"))
        (directory / "report.png").unlink(missing_ok=True)
        for path in sorted(part.iterdir(), key=lambda path: path.name == "wav.scp"):
            os.replace(path, directory / path.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
