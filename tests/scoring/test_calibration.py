"""Figures of calibration against scikit-learn, by hand, and on simulated systems whose figures are known."""

import json
import re

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from c2ser.bin import calibration
from c2ser.data.scores import format_scores
from c2ser.data.tables import write_table
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.scoring.calibration import (
    calibration_intervals,
    calibration_measures,
    confidence_auroc,
    conformal_threshold,
    fit_temperature,
    reliability,
    risk_coverage,
    set_measures,
    temper,
)
from c2ser.scoring.calibration_files import read_scored


def drawn(number: int, *, temperature: float = 1.0, seed: int = 0, num_classes: int = 7):
    """Probabilities that are right, flattened or sharpened by a temperature, and truths drawn from the right ones."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (number, num_classes))
    truth = (softmax(logits, axis=1).cumsum(axis=1) > rng.random((number, 1))).argmax(axis=1)
    return softmax(logits * temperature, axis=1), truth


def by_hand(confidence, correct, num_bins: int) -> float:
    pairs = sorted(zip(confidence.tolist(), correct.tolist()))
    sizes = [len(pairs) // num_bins + (place < len(pairs) % num_bins) for place in range(num_bins)]
    error, start = 0.0, 0
    for size in sizes:
        own = pairs[start : start + size]
        start += size
        error += abs(sum(c for c, _ in own) - sum(r for _, r in own)) / len(pairs)
    return error


@pytest.mark.parametrize("number", [1, 2, 37, 1000])
def test_measures_are_those_of_the_references(number):
    probabilities, truth = drawn(number, temperature=1.7, seed=number)
    measures = calibration_measures(probabilities, truth)
    labels, confidence = list(range(7)), probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    expected = brier_score_loss(truth, probabilities, labels=labels, scale_by_half=False)
    assert measures["brier"] == pytest.approx(expected)
    assert measures["nll"] == pytest.approx(log_loss(truth, probabilities, labels=labels))
    assert measures["ece"] == pytest.approx(by_hand(confidence, correct, min(15, number)))
    assert measures["accuracy"] == correct.mean() and measures["confidence"] == pytest.approx(confidence.mean())
    if 0 < correct.sum() < number:
        assert measures["auroc"] == pytest.approx(roc_auc_score(correct, confidence))
    else:
        assert measures["auroc"] is None
    wrong = ~correct[np.argsort(-confidence)]
    risks = [wrong[: n + 1].mean() for n in range(number)]
    assert measures["aurc"] == pytest.approx(np.mean(risks))
    assert measures["risk_at_80"] == pytest.approx(risks[int(np.ceil(0.8 * number)) - 1])


def test_answers_of_equal_confidence_are_not_ordered_by_their_place():
    confidence, correct = np.repeat([0.5, 0.9], 75), np.tile([True] * 3 + [False] * 2, 30)
    orders = [np.arange(150), np.arange(150)[::-1], np.random.default_rng(1).permutation(150)]
    for measure in (
        lambda *own: reliability(*own, num_bins=2).error,
        lambda *own: risk_coverage(*own).mean(),
        confidence_auroc,
    ):
        values = [measure(confidence[order], correct[order]) for order in orders]
        assert values == pytest.approx([values[0]] * 3)
    assert risk_coverage(confidence, correct) == pytest.approx([0.4] * 150)
    assert confidence_auroc(confidence, correct) == roc_auc_score(correct, confidence) == 0.5
    assert reliability(confidence, correct, num_bins=2).error == pytest.approx((0.1 + 0.3) / 2)


@pytest.mark.parametrize(("number", "least"), [(107, 20), (15, 20), (3, 20), (1, 1), (400, 20)])
def test_bins_that_are_drawn_together_are_those_of_fewer_bins(number, least):
    rng = np.random.default_rng(number)
    confidence, correct = rng.random(number), rng.random(number) < 0.7
    bins = reliability(confidence, correct)
    drawn_bins = bins.of_at_least(least)
    assert drawn_bins.counts.sum() == number and drawn_bins.counts.min() >= min(least, number)
    assert len(drawn_bins.counts) == max(1, min(len(bins.counts), number // least))
    for values, own in ((confidence, drawn_bins.confidence), (correct, drawn_bins.accuracy)):
        assert np.average(own, weights=drawn_bins.counts) == pytest.approx(values.mean())
    ordered = np.sort(confidence)[: drawn_bins.counts[0]]
    assert drawn_bins.confidence[0] == pytest.approx(ordered.mean())


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_of_a_simulation_is_found(temperature):
    probabilities, truth = drawn(8000, temperature=temperature, seed=3)
    assert fit_temperature(probabilities, truth) == pytest.approx(temperature, rel=0.05)
    fitted = temper(probabilities, fit_temperature(probabilities, truth))
    before, after = calibration_measures(probabilities, truth), calibration_measures(fitted, truth)
    assert after["ece"] < 0.02 and after["nll"] <= before["nll"] + 1e-6 and after["accuracy"] == before["accuracy"]


def test_emotions_that_cannot_be_answered_stay_impossible():
    probabilities, truth = drawn(4000, temperature=2.0, seed=4)
    wider = np.concatenate([probabilities, np.zeros((4000, 2))], axis=1)
    truth[:100] = 8  # of an emotion that the system does not know
    assert fit_temperature(wider, truth) == pytest.approx(2.0, rel=0.05)
    assert not temper(wider, 3.0)[:, 7:].any()
    assert np.isfinite(list(calibration_measures(wider, truth).values())).all()
    assert set_measures(wider, truth, threshold=0.0)["size"] == 7


def test_sets_have_the_true_emotion_as_often_as_is_wanted():
    """Over many draws of dev and test sets the mean coverage is in [0.9, 0.9 + 1 / (n + 1)]."""
    coverage = []
    for seed in range(200):
        probabilities, truth = drawn(250, temperature=3.0, seed=seed)
        threshold = conformal_threshold(probabilities[:49], truth[:49], error_rate=0.1)
        coverage.append(set_measures(probabilities[49:], truth[49:], threshold=threshold)["coverage"])
    assert 0.89 < np.mean(coverage) < 0.93
    few, truth = drawn(8, seed=1)
    assert conformal_threshold(few, truth, error_rate=0.1) == 0  # nine utterances are needed
    assert set_measures(few, truth, threshold=0.0) == {"coverage": 1, "size": 7, "single": 0, "empty": 0}


def test_intervals_are_as_wide_as_the_spread_of_sets():
    """Over utterances as a normal distribution has it; over speakers who are right or wrong as a whole much wider."""
    probabilities, truth = drawn(400, temperature=2.0, seed=6)
    own = np.sum((probabilities - np.eye(7)[truth]) ** 2, axis=1)
    low, high = calibration_intervals(probabilities, truth)["brier"]
    assert high - low == pytest.approx(2 * 1.96 * own.std() / 20, rel=0.15) and low < own.mean() < high
    assert "ece" not in calibration_intervals(probabilities, truth)
    sure, speaker = np.tile([0.9, 0.1], (400, 1)), np.arange(400) // 20
    truth = (speaker % 3 == 0).astype(int)
    narrow, wide = (calibration_intervals(sure, truth, unit=unit)["overconfidence"] for unit in (None, speaker))
    assert 3 < (wide[1] - wide[0]) / (narrow[1] - narrow[0]) < 6  # the root of 20 is 4.5
    assert calibration_intervals(sure, np.zeros(400, int))["auroc"] is None


def test_a_million_utterances_take_seconds():
    probabilities, truth = drawn(1_000_000, seed=5, num_classes=4)
    measures = calibration_measures(probabilities, truth)
    assert measures["ece"] < 0.005
    assert fit_temperature(probabilities, truth) == pytest.approx(1, rel=0.02)


def write_scores(path, probabilities, emotions=PAPER_EMOTIONS):
    rows = (format_scores(dict(zip(emotions, row))) for row in probabilities.tolist())
    write_table(path, {f"utt{place:04}": row for place, row in enumerate(rows)})


def test_the_command_measures_what_the_tables_hold(tmp_path, capsys):
    for name, seed in (("test", 1), ("dev", 2)):
        probabilities, truth = drawn(600, temperature=2.0, seed=seed)
        write_scores(tmp_path / f"{name}.scores", probabilities)
        labels = {f"utt{place:04}": PAPER_EMOTIONS[column] for place, column in enumerate(truth)}
        write_table(tmp_path / f"{name}.emo", labels | {"without": "sad"})
    options = [str(tmp_path / name) for name in ("test.emo", "test.scores", "dev.emo", "dev.scores", "out")]
    words = ["--ref", "--scores", "--dev_ref", "--dev_scores", "--output_dir"]
    command = [word for pair in zip(words, options) for word in pair] + ["--error_rate", "0.1"]
    calibration.main(command)
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    expected = calibration_measures(*drawn(600, temperature=2.0, seed=1))
    assert {name: result[name] for name in expected} == pytest.approx(expected, abs=2e-3)  # rounded to six decimals
    assert result["temperature"] == pytest.approx(2, rel=0.1) and result["without_scores"] == 1
    assert result["tempered"]["ece"] < result["ece"] and 0.86 < result["sets"]["coverage"] < 0.95
    assert list(result["per_class"]) == list(PAPER_EMOTIONS)
    files = ("result.json", "result.txt", "reliability.png")
    first = [(tmp_path / "out" / name).read_bytes() for name in files]
    calibration.main(command)
    assert first == [(tmp_path / "out" / name).read_bytes() for name in files]
    assert capsys.readouterr().out == 2 * first[1].decode()


@pytest.mark.parametrize(
    ("label", "scores", "message"),
    [
        ("sad", "sad=0.5 angry=0.4", "out.scores:1: utterance 'a': the probabilities sum to 0.9"),
        ("sad", "sad=0.5 sadly=0.5", "out.scores:1: utterance 'a': unknown emotion in 'sadly=0.5'"),
        ("glad", "sad=0.5 angry=0.5", "ref:1: utterance 'a': unknown emotion 'glad'"),
        (None, "sad=0.5 angry=0.5", "out.scores: utterance 'a' is not in"),
    ],
)
def test_tables_that_cannot_be_measured_are_one_line(tmp_path, label, scores, message):
    write_table(tmp_path / "ref", {"a": label} if label else {"b": "sad"})
    write_table(tmp_path / "out.scores", {"a": scores})
    with pytest.raises(SystemExit, match=re.escape(message)):
        calibration.main(["--ref", f"{tmp_path}/ref", "--scores", f"{tmp_path}/out.scores", "--output_dir", "out"])


def test_scores_of_unlabelled_utterances_are_left_out(tmp_path):
    write_table(tmp_path / "ref", {"a": "sad"})
    write_table(tmp_path / "utt2spk", {"a": "anna", "b": "anna"})
    write_table(tmp_path / "scores", dict.fromkeys("ab", "sad=0.5 angry=0.5"))
    assert len(read_scored(tmp_path / "ref", tmp_path / "scores").truth) == 1
    write_table(tmp_path / "utt2spk", {f"{place:02}": f"s{place // 4}" for place in range(40)})
    write_table(tmp_path / "ref", {f"{place:02}": "sad" for place in range(40)})
    write_table(tmp_path / "scores", {f"{place:02}": "sad=0.5 angry=0.5" for place in range(40)})
    assert np.bincount(read_scored(tmp_path / "ref", tmp_path / "scores").speaker).tolist() == [4] * 10
