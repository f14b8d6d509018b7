"""The table of confidence in RESULTS.md."""

import numpy as np
import pytest

from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.scoring.calibration_files import measure_calibration
from c2ser.scoring.confidence import confidence_table
from c2ser.scoring.results import write_results
from c2ser.scoring.score import score_files

KEY = ["alm_x_implicit", "implicit", "test"]


def write_experiment(exp_dir, confidences: list[float]) -> dict:
    """Answers ``sad`` with these probabilities; every fourth utterance is angry."""
    utts = {f"utt{number:02}": confidence for number, confidence in enumerate(confidences)}
    data, answers = exp_dir.with_name(f"{exp_dir.name}_data"), exp_dir / "alm_x_implicit/inference_implicit/test"
    write_table(data / "utt2emo", {utt: "sad" if int(utt[-2:]) % 4 else "angry" for utt in utts})
    write_table(answers / "utt2emo", dict.fromkeys(utts, "sad"))
    write_table(answers / "utt2scores", {utt: f"sad={share} angry={1 - share}" for utt, share in utts.items()})
    score_files(data / "utt2emo", answers / "utt2emo", output_dir=answers / "score")
    return measure_calibration(data / "utt2emo", answers / "utt2scores", output_dir=answers / "calibration")


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def test_one_experiment_has_the_figures_of_calibration(tmp_path):
    result = write_experiment(tmp_path / "exp", [0.75] * 8)
    header, _, row = cells(confidence_table([tmp_path / "exp"]))
    assert header[:7] == ["model", "mode", "set", "utts", "confidence", "right", "calibration error"]
    brier = (6 * 2 * 0.25**2 + 2 * 2 * 0.75**2) / 8
    nll = -(6 * np.log(0.75) + 2 * np.log(0.25)) / 8
    assert row[:9] == [*KEY, "8", "75.0", "75.0", f"{100 * result['ece']:.1f}", f"{brier:.3f}", f"{nll:.3f}"]
    text = write_results([tmp_path / "exp"], tmp_path / "RESULTS.md", command="./run.sh")
    assert "## Confidence: how sure, and how right\n" in text and confidence_table([tmp_path / "exp"]) in text


def test_folds_have_mean_and_deviation_and_the_headings_say_so(tmp_path):
    folders = [tmp_path / "fold1", tmp_path / "fold2"]
    for folder, confidence in zip(folders, (0.6, 0.8), strict=True):
        write_experiment(folder, [confidence] * 8)
    _, _, row = cells(confidence_table(folders))
    assert row[3:6] == ["16", f"70.0 ± {np.std([60, 80], ddof=1):.1f}", "75.0 ± 0.0"]
    text = write_results(folders, tmp_path / "RESULTS.md", command="./run.sh")
    assert "## Confidence: how sure, and how right, mean ± standard deviation\n" in text


def test_without_probabilities_there_is_no_table(tmp_path):
    assert confidence_table([tmp_path]) is None


@pytest.mark.parametrize("content", ["", "[]", '{"n_utts": 1}'])
def test_a_result_of_something_else_is_one_line(tmp_path, content):
    write_experiment(tmp_path / "exp", [0.9] * 4)
    (tmp_path / "exp/alm_x_implicit/inference_implicit/test/calibration/result.json").write_text(content)
    with pytest.raises(InputError, match="result.json: not a result of calibration; run calibration again"):
        confidence_table([tmp_path / "exp"])
