"""Scores of groups: those of their utterances alone, the worst one, and the gap."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score

from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.scoring.score import score_files

EMOTIONS = ("angry", "happy", "sad")
SEXES = {"f": "female", "m": "male"}


@pytest.fixture
def scored(tmp_path):
    """A set of twelve speakers, women recognised better than men, with all that may be known; and its result."""
    rng = np.random.default_rng(2)
    speakers = {f"s{number:02}": "fm"[number % 2] for number in range(12)}
    utts = {f"{speaker}-{number:02}": speaker for speaker in speakers for number in range(30)}
    tables = {
        "utt2spk": utts,
        "spk2gender": speakers,
        "spk2age": {speaker: 20 + 5 * number for number, speaker in enumerate(list(speakers)[:10])},
        "utt2emo": {utt: rng.choice(EMOTIONS) for utt in utts},
        "utt2lang": {utt: rng.choice(["de", "zh"]) for utt in utts},
        "utt2corpus": {utt: "a" if utts[utt] < "s06" else "b" for utt in utts},
        "utt2lexical_cue": {utt: rng.choice(["none", "own"]) for utt in utts},
        "utt2dur": {utt: f"{rng.uniform(1, 5):.3f}" for utt in utts},
    }
    for name, table in tables.items():
        write_table(tmp_path / "data" / name, table)
    odds = {"f": 0.9, "m": 0.5}
    answers = {
        utt: tables["utt2emo"][utt] if rng.random() < odds[speakers[speaker]] else rng.choice(EMOTIONS)
        for utt, speaker in utts.items()
    }
    write_table(tmp_path / "hyp", answers)
    result = score_files(tmp_path / "data/utt2emo", tmp_path / "hyp", output_dir=tmp_path / "score")
    return tmp_path, tables, answers, result


def expected(tables: dict, answers: dict, utts: list[str]) -> dict[str, float]:
    truths, given = [tables["utt2emo"][utt] for utt in utts], [answers[utt] for utt in utts]
    options = {"labels": sorted(set(truths)), "average": "macro", "zero_division": 0}
    return {
        "n_utts": len(utts),
        "wa": np.mean([truth == answer for truth, answer in zip(truths, given)]),
        "ua": recall_score(truths, given, **options),
        "macro_f1": f1_score(truths, given, **options),
    }


def test_each_group_has_the_scores_of_its_utterances(scored):
    _, tables, answers, result = scored
    speaker = tables["utt2spk"]
    values_of = {
        "sex": lambda utt: SEXES[tables["spk2gender"][speaker[utt]]],
        "language": tables["utt2lang"].get,
        "corpus": tables["utt2corpus"].get,
        "lexical cue": lambda utt: {"own": "names its emotion", "none": "names none"}[tables["utt2lexical_cue"][utt]],
        "speaker": speaker.get,
    }
    assert list(result["groups"]) == ["sex", "age", "language", "corpus", "duration", "lexical cue", "speaker"]
    for kind, value_of in values_of.items():
        values = result["groups"][kind]["values"]
        assert sorted(values) == sorted(set(map(value_of, speaker)))
        for name, value in values.items():
            figures = expected(tables, answers, [utt for utt in speaker if value_of(utt) == name])
            assert {key: value[key] for key in figures} == pytest.approx(figures)


def test_ages_and_durations_are_in_bands_and_what_is_unknown_is_left_out(scored):
    _, tables, answers, result = scored
    ages = {utt: tables["spk2age"].get(speaker, 0) for utt, speaker in tables["utt2spk"].items()}
    values = result["groups"]["age"]["values"]
    assert list(values) == ["under 30", "30 to 44", "45 to 59", "60 and over"]
    assert [value["n_utts"] for value in values.values()] == [60, 90, 90, 60]
    assert values["30 to 44"]["ua"] == pytest.approx(
        expected(tables, answers, [utt for utt, age in ages.items() if 30 <= age < 45])["ua"]
    )
    durations = result["groups"]["duration"]["values"]
    low, middle, high = np.quantile([float(value) for value in tables["utt2dur"].values()], [0.25, 0.5, 0.75])
    first, last = f"up to {low:.2f} s", f"over {high:.2f} s"
    assert list(durations) == [first, f"{low:.2f} to {middle:.2f} s", f"{middle:.2f} to {high:.2f} s", last]
    assert sum(value["n_utts"] for value in durations.values()) == result["n_utts"] == 360


def test_the_worst_group_and_the_gap_with_its_interval(scored):
    _, _, _, result = scored
    sex = result["groups"]["sex"]
    best, worst = sex["values"]["female"], sex["values"]["male"]
    assert sex["best"] == {"group": "female", "ua": best["ua"]} and sex["worst"] == {"group": "male", "ua": worst["ua"]}
    assert sex["gap"] == pytest.approx(best["ua"] - worst["ua"])
    low, high = sex["gap_ci95"]
    assert 0 < low < sex["gap"] < high
    assert best["ci95"]["ua"][0] <= best["ua"] <= best["ci95"]["ua"][1]
    assert result["ci95_over"] == "speakers" and result["n_speakers"] == 12
    age = result["groups"]["age"]["values"]["under 30"]
    assert age["ci95"] is None  # two speakers are too few for an interval over speakers
    assert result["groups"]["speaker"]["gap_ci95"] is None


def test_groups_are_in_the_files(scored):
    tmp_path, _, _, result = scored
    assert json.loads((tmp_path / "score/result.json").read_text()) == result
    header, *lines = (line.split("\t") for line in (tmp_path / "score/groups.tsv").read_text().splitlines())
    rows = {(line[0], line[1]): dict(zip(header, line)) for line in lines}
    assert len(rows) == 2 + 4 + 2 + 2 + 4 + 2 + 12
    assert rows["sex", "male"]["ua"] == f"{result['groups']['sex']['values']['male']['ua']:.4f}"
    assert rows["speaker", "s03"]["n_utts"] == "30" and rows["speaker", "s03"]["ua_low"] == ""
    text = (tmp_path / "score/result.txt").read_text()
    assert "[95 % interval over speakers]" in text and "| sex         | female " in text and "worst group" in text
    first = (tmp_path / "score/utt.tsv").read_text().splitlines()
    assert first[0].endswith("correct\tspeaker") and first[1].endswith("\ts00")


def test_small_groups_are_neither_best_nor_worst_and_many_are_only_in_the_table(tmp_path):
    utts = {f"s{number:03}-{take}": f"s{number:03}" for number in range(150) for take in range(2)}
    utts |= {f"x{number:02}": "x" for number in range(12)} | {f"y{number:02}": "y" for number in range(12)}
    write_table(tmp_path / "utt2spk", utts)
    write_table(tmp_path / "utt2emo", dict.fromkeys(utts, "sad"))
    write_table(tmp_path / "hyp", {utt: "angry" if utt < "s1" or utt == "y00" else "sad" for utt in utts})
    result = score_files(tmp_path / "utt2emo", tmp_path / "hyp", output_dir=tmp_path / "out")
    speaker = result["groups"]["speaker"]
    assert speaker["best"]["group"] == "x" and speaker["worst"] == {"group": "y", "ua": pytest.approx(11 / 12)}
    assert "values" not in speaker and len((tmp_path / "out/groups.tsv").read_text().splitlines()) == 153


def test_without_what_is_known_there_are_no_groups(tmp_path):
    utts = {f"u{number}": f"u{number}" for number in range(20)}  # speakers unknown
    write_table(tmp_path / "utt2emo", dict.fromkeys(utts, "sad"))
    write_table(tmp_path / "utt2spk", utts)
    result = score_files(tmp_path / "utt2emo", tmp_path / "utt2emo", output_dir=tmp_path / "out")
    assert "groups" not in result and "n_speakers" not in result and result["ci95_over"] == "utterances"
    assert not (tmp_path / "out/groups.tsv").exists()
    write_table(tmp_path / "spk2age", {"u1": "old"})
    with pytest.raises(InputError, match="spk2age:1: 'u1': 'old' is not a positive number"):
        score_files(tmp_path / "utt2emo", tmp_path / "utt2emo", output_dir=tmp_path / "out")
