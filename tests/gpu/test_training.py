"""Trainings on a GPU by ESPnet's trainer: they learn, in mixed precision too, and go on where they were killed."""

import math
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch
import yaml
from helpers import alm_training, emotion2vec_training
from helpers.tiny_alm import save_tiny_llm
from helpers.trainings import launch_python, whole_and_killed

pytest.importorskip("espnet2")

# Operators that add in any order would make each run another one.
PROGRAM = (
    "import torch; torch.use_deterministic_algorithms(True, warn_only=True); from c2ser.bin.{} import main; main()"
)


# The loss of Emotion2Vec-S as a whole depends on how many emotions of a batch come in pairs.
LEARNED = {"alm": "loss", "emotion2vec": "loss_frame"}


@dataclass(frozen=True)
class Training:
    """A command line by experiment folder and options, and its program."""

    command: Callable[..., list[str]]
    program: str

    def start(self, exp: Path, *options: str) -> subprocess.Popen:
        python, *_ = command = self.command(exp, *options, "--ngpu", "1")
        return launch_python([python, "-c", PROGRAM.format(self.program), *command[3:]], exp)


@pytest.fixture(scope="module")
def alm(tmp_path_factory) -> Training:
    """Explicit answers, all parts of the model, everything that draws random numbers."""
    path = tmp_path_factory.mktemp("alm")
    alm_training.write_alm_data(path)
    config = {
        **alm_training.TRAINING,
        **alm_training.RANDOM_WHISPER,
        "llm": str(save_tiny_llm(path / "llm")),
        "connector_conf": {"layers": 1, "feed_forward": 64, "positional_dropout": 0.1},
        "explicit_probability": [1.0, 1.0],
    }
    (path / "train.yaml").write_text(yaml.safe_dump(config))
    return Training(partial(alm_training.command_line, path), "alm_train")


@pytest.fixture(scope="module")
def emotion2vec(tmp_path_factory) -> Training:
    path = tmp_path_factory.mktemp("emotion2vec")
    emotion2vec_training.write_emotion2vec_data(path)
    return Training(partial(emotion2vec_training.command_line, path), "emotion2vec_train")


def losses(exp: Path, name: str = "loss") -> list[float]:
    """What the log says of each batch."""
    number = r"(\d[\d.]*(?:e[+-]\d+)?|nan|inf)"
    return [
        float(value)
        for line in (exp / "log").read_text().splitlines()
        if re.search(r"epoch:train:\S+batch: ", line)
        for value in re.findall(rf"[ ,\d]{name}={number}", line)
    ]


def weights(exp: Path) -> torch.Tensor:
    state = torch.load(exp / "3epoch.pth", weights_only=True, map_location="cpu")
    return torch.cat([tensor.flatten().float() for tensor in state.values() if tensor.is_floating_point()])


@pytest.mark.parametrize("amp", ["false", "true"], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["alm", "emotion2vec"])
def test_it_learns_and_goes_on_after_a_kill(request, tmp_path, monkeypatch, name, amp):
    """Both end with the same weights: within 1e-3 of their norm, as a few operators still add in any order."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    training = request.getfixturevalue(name)
    options = ("--use_amp", amp, "--save_minutes", "0")
    whole, killed = whole_and_killed(lambda exp: training.start(exp, *options), tmp_path, r"2epoch:train:4-4batch")
    seen = losses(whole, LEARNED[name])
    assert len(seen) >= 12 and all(map(math.isfinite, seen))
    assert sum(seen[-4:]) < sum(seen[:4])
    assert re.search(r"epoch 2 goes on after [1-9]\d* batches", (killed / "log").read_text())
    expected, own = weights(whole), weights(killed)
    assert torch.linalg.norm(own - expected) < 1e-3 * torch.linalg.norm(expected)


def test_two_gpus_learn_what_one_does(alm, tmp_path):
    """Without dropout, whose draws differ; the command starts a process per GPU."""
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two GPUs")
    still = ["--whisper_conf", "dropout=0.0", "--connector_conf", "dropout=0.0", "--max_epoch", "1"]
    exps = [tmp_path / str(number) for number in (1, 2)]
    for number, exp in enumerate(exps, 1):
        process = launch_python(alm.command(exp, *still, "--ngpu", str(number)), exp)
        assert process.wait() == 0, (exp / "log").read_text()[-2000:]
    assert losses(exps[1])[:2] == pytest.approx(losses(exps[0])[:2], abs=2e-3)
