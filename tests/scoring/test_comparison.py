"""Comparisons of systems: their tests against oracles, how often equal systems differ, and what cannot be compared."""

import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score, recall_score

from c2ser.bin.compare import main
from c2ser.data.tables import write_table
from c2ser.emotions import INVALID
from c2ser.errors import InputError
from c2ser.scoring import significance
from c2ser.scoring.comparison import compare_systems, comparison_text
from c2ser.scoring.resampling import units_of
from c2ser.scoring.score import score_files
from c2ser.scoring.significance import holm, mcnemar, shuffle_test

EMOTIONS = np.array(["angry", "happy", "sad"])


def write_systems(folder: Path, rights: dict[str, float], *, num_utts: int = 120, num_speakers: int = 0) -> dict:
    """Scores random answers, of which a share is right; returns truths and answers by system."""
    rng = np.random.default_rng(0)
    utts = [f"u{number:04}" for number in range(num_utts)]
    truths = rng.choice(EMOTIONS, num_utts)
    write_table(folder / "data/utt2emo", dict(zip(utts, truths)))
    if num_speakers:
        write_table(folder / "data/utt2spk", {utt: f"s{number % num_speakers}" for number, utt in enumerate(utts)})
    answers = {"truth": truths}
    for name, right in rights.items():
        answers[name] = np.where(rng.random(num_utts) < right, truths, rng.choice([*EMOTIONS, INVALID], num_utts))
        write_table(folder / name / "utt2emo", dict(zip(utts, answers[name])))
        score_files(folder / "data/utt2emo", folder / name / "utt2emo", output_dir=folder / name / "score")
    return answers


@pytest.mark.parametrize("first, second", [(10, 2), (0, 0), (5, 5), (30, 45), (1, 0), (0, 7)])
def test_mcnemar(first, second):
    total = first + second
    exact = binomtest(first, total).pvalue if total else 1
    point = math.comb(total, first) / 2**total
    assert mcnemar(first, second) == pytest.approx({"p_exact": exact, "p": exact - point if first != second else 1})


def test_holm():
    assert holm([0.01, 0.02, 0.03, 0.005, 0.5]) == pytest.approx([0.04, 0.06, 0.06, 0.025, 0.5])  # statsmodels's
    assert holm([0.2]) == [0.2] and holm([0.6, 0.7]) == [1, 1]


def test_exchanging_answers_to_utterances_is_mcnemars_test():
    truths = np.repeat([0, 1], 60)
    first, second = truths.copy(), truths.copy()
    first[:9], second[50:70] = 2, 2
    units = units_of([4 * truths + first, 4 * truths + second], [12, 12])
    assert shuffle_test(units, (3, 4))["wa"] == pytest.approx(mcnemar(20, 9)["p"], abs=0.01)


def test_exchanging_answers_to_speakers_is_the_test_over_all_exchanges():
    rng = np.random.default_rng(1)
    speakers, truths = np.repeat(np.arange(7), 20), np.tile([0, 1], 70)
    first, second = (np.where(rng.random(140) < right, truths, 1 - truths) for right in (0.75, 0.6))
    cells = [3 * truths + first, 3 * truths + second]
    by_speaker = [np.bincount(speakers, (truths == answers)) for answers in (first, second)]
    gains = by_speaker[0] - by_speaker[1]
    sums = np.array([np.dot(signs, gains) for signs in product((1, -1), repeat=7)])
    expected = 2 * ((sums > gains.sum()).mean() + (sums == gains.sum()).mean() / 2)
    found = shuffle_test(units_of(cells, [6, 6], speaker=speakers), (2, 3))
    assert found["wa"] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("num_speakers", [None, 12])
def test_equal_systems_differ_significantly_in_5_percent_of_sets(monkeypatch, num_speakers):
    """Systems that fail at the same speakers, each on its own."""
    monkeypatch.setattr(significance, "SHUFFLES", 499)
    rng = np.random.default_rng(3)
    found = []
    for _ in range(1500):
        speakers = np.repeat(np.arange(num_speakers or 12), 15)
        truths = rng.choice(3, len(speakers), p=[0.5, 0.3, 0.2])
        rights = rng.beta(6, 3, num_speakers or 12)[speakers]
        answers = (np.where(rng.random(len(speakers)) < rights, truths, (truths + 1) % 3) for _ in range(2))
        cells = [4 * truths + answer for answer in answers]
        p = shuffle_test(units_of(cells, [12, 12], speaker=num_speakers and speakers), (3, 4))
        found.append([p["ua"] < 0.05, p["wa"] < 0.05])
    assert all(0.04 <= share <= 0.06 for share in np.mean(found, axis=0)), np.mean(found, axis=0)


def test_figures_of_systems_and_of_their_differences(tmp_path):
    answers = write_systems(tmp_path, {"good": 0.9, "bad": 0.5, "twin": 0.5}, num_utts=300, num_speakers=20)
    compared = compare_systems([tmp_path / name for name in ("good", "bad", "twin")])
    assert compared["n_utts"] == 300 and compared["ci95_over"] == "speakers"
    assert [(pair["first"], pair["second"]) for pair in compared["pairs"]] == [
        ("good", "bad"),
        ("good", "twin"),
        ("bad", "twin"),
    ]
    pair, _, equal = compared["pairs"]
    options = {"labels": EMOTIONS, "average": "macro", "zero_division": 0}
    scores = {
        "wa": accuracy_score,
        "ua": lambda truths, given: recall_score(truths, given, **options),
        "macro_f1": lambda truths, given: f1_score(truths, given, **options),
    }
    for metric, score in scores.items():
        expected = [score(answers["truth"], answers[name]) for name in ("good", "bad")]
        assert compared["systems"]["good"][metric] == pytest.approx(expected[0])
        low, high = pair[metric]["ci95"]
        assert 0 < low < pair[metric]["difference"] < high
        assert pair[metric]["difference"] == pytest.approx(expected[0] - expected[1])
        assert equal[metric]["ci95"][0] < 0 < equal[metric]["ci95"][1]
        assert pair[metric]["p_holm"] < 0.01 and equal[metric]["p_holm"] > 0.05
    rights = [answers[name] == answers["truth"] for name in ("good", "bad")]
    assert pair["mcnemar"]["first_only"] == (rights[0] & ~rights[1]).sum()
    text = comparison_text(compared)
    assert "300 utterances; [95 % intervals] and p of differences are over speakers." in text
    assert text.count("< 0.001\\*") == 6


def test_a_system_does_not_differ_from_itself(tmp_path):
    write_systems(tmp_path, {"a": 0.7})
    compared = compare_systems([tmp_path / "a/score", tmp_path / "a/utt2emo"], tmp_path / "data/utt2emo")
    (pair,) = compared["pairs"]
    assert (pair["ua"]["difference"], pair["ua"]["ci95"], pair["ua"]["p"]) == (0, [0, 0], 1)
    assert (pair["first"], pair["second"]) == ("score", "utt2emo")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda lines: lines[:3] + lines[4:], "b/score/utt.tsv: lacks utterance 'u0002', which .*/a/score/utt.tsv has"),
        (
            lambda lines: [*lines, "z\tsad\tsad\t1\n"],
            "a/score/utt.tsv: lacks utterance 'z', which .*/b/score/utt.tsv has",
        ),
        (lambda lines: [lines[0], "u0000\tbored\tsad\t0\n", *lines[2:]], "'u0000' is bored in the reference, but"),
        (lambda lines: [lines[0], "u0000\tbored\n"], "b/score/utt.tsv:2: not a line that score writes"),
        (lambda lines: [lines[0], "u\udcff\tsad\tsad\t1\n"], "b/score/utt.tsv:2: not a line that score writes"),
        (lambda lines: ["u0000 sad\n"], "utt.tsv: recognised emotions without the true ones; give these with --ref"),
    ],
)
def test_what_cannot_be_compared_is_named(tmp_path, change, message):
    write_systems(tmp_path, {"a": 0.7, "b": 0.6}, num_utts=20)
    table = tmp_path / "b/score/utt.tsv"
    table.write_text("".join(change(table.read_text().splitlines(keepends=True))), errors="surrogateescape")
    with pytest.raises(InputError, match=message):
        compare_systems([tmp_path / "a/score/utt.tsv", table])


def test_there_have_to_be_two_systems(tmp_path):
    write_systems(tmp_path, {"a": 0.7}, num_utts=20)
    for paths in ([tmp_path / "a"], [tmp_path / "a", tmp_path / "a"]):
        with pytest.raises(InputError, match="give two or more systems, each once"):
            compare_systems(paths)
    with pytest.raises(InputError, match="none: no utt.tsv in it; make it with score"):
        compare_systems([tmp_path / "a", tmp_path / "none"])


def test_command_line(tmp_path, capsys):
    write_systems(tmp_path, {"a": 0.7, "b": 0.6})
    main([str(tmp_path / "a"), str(tmp_path / "b"), "--output", f"{tmp_path}/c.md", "--json", f"{tmp_path}/c.json"])
    text = capsys.readouterr().out
    assert (tmp_path / "c.md").read_text() == text and "McNemar's p" in text
    assert json.loads((tmp_path / "c.json").read_text())["systems"].keys() == {"a", "b"}
