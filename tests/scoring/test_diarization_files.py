"""Scores of files of turns, by hand and by simulation."""

import json

import numpy as np
import pytest

from c2ser.errors import InputError
from c2ser.scoring.diarization_files import score_turns, turns_text


def rttm(path, *turns):
    path.write_text(
        "".join(f"SPEAKER {name} 1 {start} {end - start} <NA> <NA> {emotion}\n" for name, start, end, emotion in turns)
    )
    return path


@pytest.fixture
def reference(tmp_path):
    return rttm(tmp_path / "ref.rttm", ("a", 0, 4, "sad"), ("a", 4, 10, "neutral"), ("b", 1, 3, "angry"))


def test_seconds_of_all_recordings_are_added_up(reference, tmp_path):
    hyp = rttm(
        tmp_path / "hyp.rttm", ("a", 1, 4, "sad"), ("a", 4, 6, "happy"), ("b", 1, 3, "sad"), ("b", 3, 10, "neutral")
    )
    result = score_turns(reference, hyp, output_dir=tmp_path / "score")
    assert (result["seconds"], result["n_recordings"], result["without_hypothesis"]) == (20, 2, [])
    assert result["missed"] == 1 / 20 and result["false_alarm"] == 2 / 20 and result["confusion"] == 2 / 20
    assert result["eder"] == 0.25 and result["mean_eder"] == pytest.approx((3 / 10 + 2 / 10) / 2)
    assert json.loads((tmp_path / "score" / "result.json").read_text()) == result
    assert (tmp_path / "score" / "result.txt").read_text() == turns_text(result)
    lines = [line.split("\t") for line in (tmp_path / "score" / "recordings.tsv").read_text().splitlines()]
    assert lines[1:] == [
        ["a", "10.000", "1.000", "2.000", "0.000", "0.3000"],
        ["b", "10.000", "0.000", "0.000", "2.000", "0.2000"],
    ]


def test_durations_tell_of_silence_at_the_end(reference, tmp_path):
    durations = tmp_path / "reco2dur"
    durations.write_text("a 10\nb 30\n")
    hyp = rttm(tmp_path / "hyp.rttm", ("a", 0, 4, "sad"))
    result = score_turns(reference, hyp, output_dir=tmp_path / "score", durations=durations)
    assert result["without_hypothesis"] == ["b"] and result["eder"] == 2 / 40 == result["missed"]
    durations.write_text("a 10\n")
    with pytest.raises(InputError, match="reco2dur: no duration of 'b'; 1 in all are missing"):
        score_turns(reference, hyp, output_dir=tmp_path / "score", durations=durations)


def test_files_that_do_not_belong_together_are_one_line(reference, tmp_path):
    with pytest.raises(InputError, match="'c' is not a recording of .*ref.rttm; 1 in all are not"):
        score_turns(reference, rttm(tmp_path / "hyp.rttm", ("c", 0, 1, "sad")), output_dir=tmp_path / "score")
    with pytest.raises(InputError, match=r"ref.rttm, .*hyp.rttm: b: .* overlap"):
        overlapping = rttm(tmp_path / "hyp.rttm", ("b", 0, 2, "sad"), ("b", 1, 3, "angry"))
        score_turns(reference, overlapping, output_dir=tmp_path / "score")
    with pytest.raises(InputError, match="no turn in it"):
        score_turns(rttm(tmp_path / "empty.rttm"), reference, output_dir=tmp_path / "score")
    assert not (tmp_path / "score").exists()


def test_the_interval_holds_the_rate_of_the_population(tmp_path):
    """Recordings of 10 s, each with a share of confused time; the mean of the population is 0.3."""
    generator, held = np.random.default_rng(1), 0
    for _ in range(100):
        wrong = generator.beta(3, 7, size=20) * 10
        ref = rttm(tmp_path / "ref.rttm", *((f"r{i}", 0, 10, "sad") for i in range(20)))
        turns = [(f"r{i}", *turn) for i, w in enumerate(wrong) for turn in ((0, w, "angry"), (w, 10, "sad"))]
        low, high = score_turns(ref, rttm(tmp_path / "hyp.rttm", *turns), output_dir=tmp_path / "score")["ci95"]
        held += low <= 0.3 <= high
    assert 88 <= held
