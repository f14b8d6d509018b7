"""A tiny experiment with all that may be measured."""

import shutil
from pathlib import Path

import pytest
from helpers.measured import EXPLICIT, IMPLICIT, WORDS, answer, call, write_interventions, write_set, write_stability

from c2ser.bin.calibration import main as calibration
from c2ser.bin.faithfulness import main as faithfulness


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """The folder of a recipe, with ``dump/test`` and ``exp``."""
    root = tmp_path_factory.mktemp("recipe")
    data, exp = root / "dump" / "test", root / "exp"
    write_set(data)
    explicit, implicit = exp / EXPLICIT / "inference_explicit/test", exp / IMPLICIT / "inference_implicit/test"
    answer(data, explicit, right=0.6)
    answer(data, implicit, right=0.5, scores=True)
    answer(data, exp / WORDS / "inference_text/test", right=0.1, seed=3)
    call(faithfulness, data_dir=data, hyp=explicit / "text", output_dir=explicit / "faithfulness")
    call(calibration, ref=data / "utt2emo", scores=implicit / "utt2scores", output_dir=implicit / "calibration")
    write_stability(exp / "alm_implicit_stability", data)
    write_interventions(exp / "alm_implicit_interventions", data)
    shutil.copy(implicit / "score/confusion.png", exp / "embeddings.png")
    (exp / IMPLICIT / "train.log").write_text("# python -m c2ser.bin.alm_train --seed 3 --init /home/me/a\n")
    (exp / "RESULTS.md").write_text("Figures are per cent. Made by `./run.sh --nj 2` with Python 3.11.\n")
    return root


@pytest.fixture
def recipe(made, tmp_path) -> Path:
    """A copy, to be changed; audio is where it was."""
    shutil.copytree(made, tmp_path / "recipe")
    return tmp_path / "recipe"
