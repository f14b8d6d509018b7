"""The table of reasons in RESULTS.md."""

import json

import numpy as np
import pytest

from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.rationales.templates import explicit_target
from c2ser.scoring.faithfulness import measure_faithfulness
from c2ser.scoring.reasons import reasons_table
from c2ser.scoring.results import write_results
from c2ser.scoring.score import score_files

KEY = ["alm_x_explicit", "explicit", "test"]


def write_experiment(exp_dir, levels_said: list[str]) -> dict:
    """Answers of utterances of high pitch, low volume and undefined rate, all with the right words."""
    utts = {f"utt{number}": level for number, level in enumerate(levels_said)}
    data, answers = exp_dir.with_name(f"{exp_dir.name}_data"), exp_dir / "alm_x_explicit/inference_explicit/test"
    tables = {"attribute_levels": "high low nan", "text": "Never again.", "utt2lang": "en", "utt2emo": "sad"}
    for name, value in ({"utt2spk": "anna"} | tables).items():
        write_table(data / name, dict.fromkeys(utts, value))
    said = {
        utt: explicit_target((level, "low", "nan"), text="Never again.", emotion="sad", language="en")
        for utt, level in utts.items()
    }
    write_table(answers / "text", said)
    write_table(answers / "utt2emo", dict.fromkeys(utts, "sad"))
    score_files(data / "utt2emo", answers / "utt2emo", output_dir=answers / "score")
    return measure_faithfulness(data, answers / "text", output_dir=answers / "faithfulness")


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def test_one_experiment(tmp_path):
    result = write_experiment(tmp_path / "exp", ["high", "low", "high", "high"])
    header, _, row = cells(reasons_table([tmp_path / "exp"]))
    assert header == ["model", "mode", "set", "utts", *ATTRIBUTES, "CER", "WER", "whole", "language", "agreement"]
    sure, none = "100.0 [51.0, 100.0]", "0.0 [0.0, 0.0]"  # Wilson's interval of 4 of 4
    low, high = (100 * bound for bound in result["levels"]["pitch"]["ci95"]["macro_recall"])
    assert row == [*KEY, "4", f"75.0 [{low:.1f}, {high:.1f}]", sure, "-", none, none, sure, sure, sure]
    text = write_results([tmp_path / "exp"], tmp_path / "RESULTS.md", command="./run.sh")
    assert reasons_table([tmp_path / "exp"]) in text and text.index("## Reasons") < text.index("Made by")


def test_folds_have_mean_and_deviation(tmp_path):
    for fold, said in ((1, ["high", "low"]), (2, ["high", "high", "high"])):
        write_experiment(tmp_path / f"fold{fold}", said)
    _, _, row = cells(reasons_table([tmp_path / "fold1", tmp_path / "fold2"]))
    assert row[3:6] == ["5", f"75.0 ± {100 * np.std([0.5, 1], ddof=1):.1f}", "100.0 ± 0.0"]


def test_without_explicit_answers_there_is_no_table(tmp_path):
    assert reasons_table([tmp_path]) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"n_utts": 1, "levels": {}, "ci95": {}})])
def test_a_result_of_something_else_is_one_line(tmp_path, content):
    write_experiment(tmp_path / "exp", ["high"])
    path = tmp_path / "exp/alm_x_explicit/inference_explicit/test/faithfulness/result.json"
    path.write_text(content)
    with pytest.raises(InputError, match="result.json: not a result of faithfulness; run faithfulness again"):
        reasons_table([tmp_path / "exp"])
