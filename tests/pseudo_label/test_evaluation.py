"""Scores of teachers and labels against scikit-learn and resampling."""

import numpy as np
import pytest
from helpers.pseudo_label import THRESHOLDS, random_answers
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from c2ser.emotions import INVALID
from c2ser.pseudo_label.agreement import agreement
from c2ser.pseudo_label.evaluation import evaluate, precision_gain, teacher_scores
from c2ser.pseudo_label.teacher import Answer


def test_figures_are_scikit_learns():
    rng = np.random.default_rng(2)
    emotions = ["angry", "happy", "sad"]
    truth = {f"u{utt}": str(rng.choice(emotions)) for utt in range(200)}
    answers = {
        name: {
            utt: Answer(truth[utt] if utt in truth and rng.random() < 0.3 else answer.emotion, answer.confidence)
            for utt, answer in random_answers(rng, 220).items()
        }
        for name in THRESHOLDS
    }
    agreed = agreement(list(answers.values()), [0.5, 0.5])
    result = evaluate(answers, agreed, thresholds=THRESHOLDS, truth=truth)
    alone = {name: {u: a for u, a in given.items() if a.confidence >= 0.5} for name, given in answers.items()}
    for name, labels in {**alone, "agreement": agreed}.items():
        utts = [utt for utt in truth if utt in labels]
        true, given = [truth[utt] for utt in utts], [labels[utt].emotion for utt in utts]
        scores = result["labels"][name]
        assert scores["coverage"] == len(utts) / 200
        assert scores["precision"] == np.mean(np.array(true) == given)
        assert scores["ci95"][0] < scores["precision"] < scores["ci95"][1]
        precisions = precision_score(true, given, labels=emotions, average=None)
        assert [scores["per_class"][emotion]["precision"] for emotion in emotions] == pytest.approx(precisions)
        all_given = [labels[utt].emotion if utt in labels else INVALID for utt in truth]
        counts = confusion_matrix(list(truth.values()), all_given, labels=[*emotions, INVALID])[:3]
        assert scores["confusion"] == {"rows": emotions, "columns": [*emotions, INVALID], "counts": counts.tolist()}
    for name, given in answers.items():
        utts = [utt for utt in given if utt in truth]
        scores = teacher_scores({utt: given[utt] for utt in utts}, truth)
        assert result["teachers"][name] == scores
        true, said = [truth[utt] for utt in utts], [given[utt].emotion for utt in utts]
        assert scores["ua"] == pytest.approx(recall_score(true, said, average="macro"))
        assert scores["majority"] == max(map(true.count, emotions)) / len(utts)
        same = result["same_coverage"][name]
        assert same["n_labelled"] == result["labels"]["agreement"]["n_labelled"]
        gain = result["labels"]["agreement"]["precision"] - same["precision"]
        assert result["gain_at_same_coverage"][name]["precision"] == pytest.approx(gain)
    at_half = next(row for row in result["by_threshold"] if row["threshold"] == 0.5)
    for name, scores in result["labels"].items():
        assert at_half[name] == {"coverage": scores["coverage"], "precision": scores["precision"]}


def test_the_interval_of_a_gain_is_that_of_resampled_utterances():
    rng = np.random.default_rng(3)
    truth = {f"u{utt}": "sad" for utt in range(300)}
    ours, theirs = (random_answers(rng, 300, ("sad", "sad", "angry")) for _ in range(2))
    gain = precision_gain(ours, theirs, truth=truth)
    given = np.array([[utt in ours, utt in theirs] for utt in truth])
    right = np.array([[way[utt].emotion == "sad" if utt in way else False for way in (ours, theirs)] for utt in truth])
    draws = rng.integers(300, size=(2000, 300))
    precisions = right[draws].sum(axis=1) / given[draws].sum(axis=1)
    interval = np.quantile(precisions[:, 0] - precisions[:, 1], (0.025, 0.975))
    np.testing.assert_allclose(gain["ci95"], interval, atol=0.015)
    assert gain["precision"] == pytest.approx(-precision_gain(theirs, ours, truth=truth)["precision"])
    assert precision_gain({}, theirs, truth=truth) is None
