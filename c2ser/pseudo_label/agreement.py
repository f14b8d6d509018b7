"""Pseudo-labels: an unlabelled utterance gets the emotion on which the listening and the reading teacher agree."""

import json
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sklearn.pipeline import Pipeline

from c2ser.data.data_dir import subset_data_dir
from c2ser.data.files import atomic_write
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.pseudo_label.acoustic import acoustic_statistics, acoustic_teacher
from c2ser.pseudo_label.report import precision, report_text, teacher_accuracy, warnings
from c2ser.pseudo_label.text import text_teacher

Answer = tuple[str, float]  # emotion, probability


def pseudo_label(
    train_dir: str | Path,
    unlabelled_dir: str | Path,
    output_dir: str | Path,
    threshold: float = 0.3,
    reference: str | Path | None = None,
) -> dict:
    """Labels a set where two teachers, trained on the labelled set, agree (paper, section on data).

    The paper's teachers are emotion2vec and GLM-4-9B-Chat; these are small ones that the labelled set itself trains.

    Args:
        train_dir: labelled set of stage 2 with ``text``; utterances without label are passed over.
        unlabelled_dir: set of stage 2 with ``text``; utterances without a line there stay unlabelled.
        output_dir: becomes the unlabelled set with a ``utt2emo`` of the agreed labels, ``report.json`` and
            ``report.txt``; an earlier one is replaced.
        threshold: probability that each teacher must give to the agreed emotion.
        reference: table of true emotions, for the report's precision only.

    Returns:
        The report.

    Raises:
        InputError: a table is missing or faulty, a set is empty, or the labels are of fewer than two emotions.
    """
    train_dir, unlabelled_dir, output_dir = Path(train_dir), Path(unlabelled_dir), Path(output_dir)
    if unlabelled_dir.resolve() == output_dir.resolve():
        raise InputError(f"{output_dir}: --output_dir is the unlabelled set itself; name another folder")
    if not 0 <= threshold <= 1:
        raise InputError(f"--threshold {threshold}: a probability, from 0 to 1")
    truth = read_table(reference) if reference else None
    train_texts, texts = _texts(train_dir), _texts(unlabelled_dir)
    labels = _labels(train_dir, train_texts)
    utts = list(read_table(unlabelled_dir / "wav.scp"))
    if not utts:
        raise InputError(f"{unlabelled_dir / 'wav.scp'}: no utterance to label; check stage 2")
    utt2spk = read_table(train_dir / "utt2spk")
    speakers = [utt2spk[utt] for utt in labels]

    teachers = {
        "acoustic": (acoustic_teacher(), acoustic_statistics(train_dir), acoustic_statistics(unlabelled_dir)),
        "text": (text_teacher(), train_texts, texts),
    }
    results: dict[str, dict] = {}
    answers: dict[str, dict[str, Answer]] = {}
    for name, (teacher, train_inputs, inputs) in teachers.items():
        train = [train_inputs[utt] for utt in labels]
        results[name] = teacher_accuracy(teacher, train, list(labels.values()), speakers)
        answers[name] = _answers(teacher.fit(train, list(labels.values())), inputs)
    agreed = agreed_labels(answers["acoustic"], answers["text"], threshold)

    report = {
        "threshold": threshold,
        "n_train": len(labels),
        "n_unlabelled": len(utts),
        "n_without_text": sum(utt not in texts for utt in utts),
        "n_agreed": len(agreed),
        "coverage": len(agreed) / len(utts),
        "per_class": {emotion: list(agreed.values()).count(emotion) for emotion in sorted(set(labels.values()))},
        "teachers": results,
    }
    if truth is not None:
        report["precision"] = precision(agreed, truth)
        for name, given in answers.items():
            results[name]["precision"] = precision({utt: emotion for utt, (emotion, _) in given.items()}, truth)
    for line in warnings(report):
        logging.warning(line)
    _write(unlabelled_dir, output_dir, utts, agreed, report)
    return report


def agreed_labels(acoustic: Mapping[str, Answer], text: Mapping[str, Answer], threshold: float) -> dict[str, str]:
    """Returns utterance -> emotion where both answers name it with at least ``threshold``."""
    return {
        utt: emotion
        for utt, (emotion, confidence) in acoustic.items()
        if utt in text and text[utt][0] == emotion and min(confidence, text[utt][1]) >= threshold
    }


def _answers(teacher: Pipeline, inputs: Mapping) -> dict[str, Answer]:
    """Returns utterance -> what a trained teacher says to its input."""
    probabilities = teacher.predict_proba(list(inputs.values()))
    emotions = teacher.classes_[probabilities.argmax(axis=1)]
    return dict(zip(inputs, zip(emotions.tolist(), probabilities.max(axis=1).tolist())))


def _texts(data_dir: Path) -> dict[str, str]:
    path = data_dir / "text"
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; the text teacher needs transcripts, so write them or leave stage 3 out"
        )
    texts = read_table(path)
    if not texts:
        raise InputError(f"{path}: no transcript in it; the text teacher needs transcripts")
    return texts


def _labels(train_dir: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """The labelled utterances that both teachers can learn from."""
    path = train_dir / "utt2emo"
    labels = {utt: emotion for utt, emotion in read_table(path).items() if utt in texts}
    if len(set(labels.values())) < 2:
        raise InputError(
            f"{path}: {len(labels)} labelled utterances with text, of {len(set(labels.values()))} emotions; "
            "the teachers need two emotions or more"
        )
    return labels


def _write(unlabelled_dir: Path, output_dir: Path, utts: list[str], agreed: Mapping[str, str], report: Mapping) -> None:
    """Writes the set beside and moves it in, ``wav.scp`` last: where that exists, the set is whole."""
    part = output_dir.with_name(f"{output_dir.name}.part{os.getpid()}")
    try:
        subset_data_dir(unlabelled_dir, part, utts)
        write_table(part / "utt2emo", agreed)
        with atomic_write(part / "report.json") as file:
            json.dump(report, file, indent=2)
            file.write("\n")
        with atomic_write(part / "report.txt") as file:
            file.write(report_text(report))
        output_dir.mkdir(exist_ok=True)  # with the log of the job, which stays
        (output_dir / "wav.scp").unlink(missing_ok=True)
        for path in sorted(part.iterdir(), key=lambda path: path.name == "wav.scp"):
            os.replace(path, output_dir / path.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
