"""Training of the audio language model: several processes, the schedule of self-distillation, and being killed."""

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.multiprocessing
import yaml
from helpers.alm_training import RANDOM_WHISPER, TRAINING, command_line, logged_losses, write_alm_data
from helpers.launchers import needs_slurm, queued_job, start_again, wait_for
from helpers.paths import ROOT
from helpers.tiny_alm import save_tiny_llm
from helpers.trainings import Training, assert_same_weights, launch, launch_python, whole_and_killed

from c2ser.data.tables import read_table, write_table


@pytest.fixture(scope="module")
def llm(tmp_path_factory) -> Path:
    return save_tiny_llm(tmp_path_factory.mktemp("llm"))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory, llm) -> Path:
    """Utterances with targets, and the configuration of a training that uses all it can."""
    path = tmp_path_factory.mktemp("data")
    write_alm_data(path)
    config = {
        **TRAINING,
        **RANDOM_WHISPER,
        "llm": str(llm),
        "connector_conf": {
            "layers": 1,
            "feed_forward": 64,
            "pooled": True,
            "acoustic_dropout": 0.2,
            "positional_dropout": 0.1,
        },
        "answer_dropout": 0.1,
        "distillation_weight": 1.0,
        "explicit_probability": [1.0, 0.0],
        "explicit_until": 1 / 3,
        "alignment_updates": 2,
        "ctc_weight": 0.5,
        "pooled_weight": 0.5,
    }
    (path / "train.yaml").write_text(yaml.safe_dump(config))
    return path


def training(data_dir: Path, exp: Path, *options: str) -> Training:
    return launch(command_line(data_dir, exp, *options), exp)


def test_a_training_that_was_killed_ends_with_the_same_weights_and_schedule(data_dir, tmp_path):
    whole, killed = whole_and_killed(partial(training, data_dir), tmp_path, r"3epoch:train:3-3batch")
    for name in ("3epoch.pth", "valid.loss.ave_2best.pth"):
        assert_same_weights(name, whole, killed)
    states = [torch.load(exp / "checkpoint.pth", weights_only=False) for exp in (whole, killed)]
    for state in states:
        assert (int(state["model"]["updates"]), int(state["model"]["batches"])) == (12, 24)
        assert state["schedulers"][0]["last_epoch"] == 12
    logged = re.findall(r"epoch:train:\d.*?explicit_probability=([\d.]+)", (whole / "log").read_text())
    np.testing.assert_allclose(np.array(logged, float), np.maximum(0, 1 - np.arange(24) // 2 / 4), atol=1e-3)
    for epoch in (1, 2, 3):  # all batches of the second and third are implicit
        first, second = (state["reporter"]["stats"][epoch]["valid"] for state in states)
        figures = [first[name] for name in ("loss", "ua", "answer_quality", "invalid_rate")]
        assert figures == [second[name] for name in ("loss", "ua", "answer_quality", "invalid_rate")]
        assert all(map(np.isfinite, figures)) == (epoch > 1)
    log = (whole / "log").read_text()
    assert "divergence=" in log and all(
        len(re.findall(rf"epoch:train:\d.*?{name}_loss=[\d.]+", log)) == 24 for name in ("ctc", "pooled")
    )
    aligned = [line for line in log.splitlines() if "epoch:train:" in line and "emotion_accuracy=" not in line]
    assert [re.search(r"(\d)epoch:train:(\d)", line).groups() for line in aligned] == [
        ("1", str(n)) for n in (1, 2, 3, 4)
    ]


@pytest.fixture
def still(data_dir, tmp_path) -> list[str]:
    """Options without dropout and augmentation, whose draws differ between one process and two; one epoch."""
    config = yaml.safe_load((data_dir / "train.yaml").read_text())
    config["connector_conf"] |= {"dropout": 0.0, "acoustic_dropout": 0.0, "positional_dropout": 0.0}
    config |= {"whisper_conf": {}, "answer_dropout": 0.0, "max_epoch": 1}
    (tmp_path / "still.yaml").write_text(yaml.safe_dump(config))
    return ["--config", str(tmp_path / "still.yaml")]


def assert_learned_alike(one: Path, two: Path, log: Path) -> None:
    """A training of one process and one of two processes, whose log is given."""
    alone, shared = (torch.load(exp / "1epoch.pth", weights_only=True) for exp in (one, two))
    for name, weight in alone.items():
        if name.endswith(
            "in_proj_bias"
        ):  # softmax cancels the bias of keys: its gradient is rounding, which Adam enlarges
            learned = torch.arange(3).repeat_interleave(len(weight) // 3) != 1
            weight, shared[name] = weight[learned], shared[name][learned]
        torch.testing.assert_close(shared[name], weight, atol=1e-5, rtol=0)
    losses, both = logged_losses(one / "log"), logged_losses(log)
    assert len(losses) == 8 and len(both) == 16
    np.testing.assert_allclose(both, np.repeat(losses, 2), atol=2e-3)  # as many digits are logged
    stats = [torch.load(exp / "checkpoint.pth", weights_only=False)["reporter"]["stats"][1] for exp in (one, two)]
    for part in ("train", "valid"):
        assert stats[0][part]["loss"] == pytest.approx(stats[1][part]["loss"], abs=1e-4)


def test_two_processes_of_the_command_learn_what_one_does(data_dir, still, tmp_path):
    """Through ESPnet's trainer, on CPUs."""
    together = ["--dist_world_size", "2"]
    together += ["--dist_master_addr", "127.0.0.1", "--dist_master_port", str(20000 + os.getpid() % 20000)]
    one, two = tmp_path / "one", tmp_path / "two"
    processes = [training(data_dir, one, *still)]
    processes += [training(data_dir, two, *still, *together, "--dist_rank", str(rank)) for rank in range(2)]
    assert [process.wait() for process in processes] == [0, 0, 0], (two / "log").read_text()[-2000:]
    assert_learned_alike(one, two, two / "log")


def test_two_processes_of_torchrun_learn_what_one_does(data_dir, still, tmp_path):
    """It numbers them by the environment."""
    one, two = tmp_path / "one", tmp_path / "two"
    alone = training(data_dir, one, *still)
    _, *command = command_line(data_dir, two, *still)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = launch_python([*torchrun, *command], two)
    assert [alone.wait(), done.wait()] == [0, 0], (two / "log").read_text()[-2000:]
    assert_learned_alike(one, two, two / "log")


@pytest.fixture
def slurm(tmp_path) -> list[str]:
    """The launcher, with a slurm.conf that puts the processes of a training on one node."""
    (tmp_path / "slurm.conf").write_text(
        (ROOT / "egs/TEMPLATE/conf/slurm.conf").read_text().replace("--nodes=$0", "--ntasks=$0")
    )
    launcher = [sys.executable, str(ROOT / "utils/slurm.py"), "--config", str(tmp_path / "slurm.conf")]
    return [*launcher, "--num_threads", "1", "--num_nodes", "2", "--gpu", "0", "--requeue"]


@needs_slurm
def test_two_tasks_of_slurm_learn_what_one_process_does(data_dir, still, slurm, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    alone = training(data_dir, one, *still)
    command = command_line(data_dir, two, *still)
    done = subprocess.run([*slurm, str(two / "train.log"), *command], capture_output=True, text=True)
    assert alone.wait() == 0 and done.returncode == 0, done.stderr
    assert_learned_alike(one, two, two / "train.log")


def requeue_at(exp: Path, moment: str) -> None:
    """Signals the job of a training as Slurm does before its time is over, and lets it start again soon."""
    log = exp / "train.log"
    wait_for(lambda: log.exists() and re.search(moment, log.read_text()), 120)
    job = queued_job(log)
    subprocess.run(["scancel", "--batch", "--signal=USR1", job], check=True)
    start_again(job)


@needs_slurm
def test_a_training_that_runs_out_of_time_saves_and_is_requeued(data_dir, still, slurm, tmp_path):
    """Both tasks save, stop, and go on from there by themselves."""
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    launchers = []
    for exp in (whole, stopped):
        command = command_line(data_dir, exp, *still, "--max_epoch", "2")
        launchers.append(
            subprocess.Popen([*slurm, str(exp / "train.log"), *command], stderr=subprocess.PIPE, text=True)
        )
    requeue_at(stopped, "1epoch:train:3-3batch")
    for launcher in launchers:
        assert launcher.wait(timeout=240) == 0, launcher.stderr.read()
    said = (stopped / "train.log").read_text()
    assert "stopped by a signal after" in said and "epoch 1 goes on after" in said and "requeued 1 times" in said
    assert said.count("(code 75)") == 1 and said.count("(code 0)") == 1
    first, second = (torch.load(exp / "2epoch.pth", weights_only=True) for exp in (whole, stopped))
    assert all(torch.equal(first[name], second[name]) for name in first)


def statistics(data_dir: Path, exp: Path, batch_size: int) -> dict[str, np.ndarray]:
    process = training(data_dir, exp, "--collect_stats", "true", "--batch_size", str(batch_size))
    assert process.wait() == 0, (exp / "log").read_text()[-2000:]
    with np.load(exp / "train" / "states_stats.npz") as stats:
        return dict(stats)


def test_statistics_are_those_of_the_labelled_utterances_however_batched(data_dir, tmp_path):
    single, many = (statistics(data_dir, tmp_path / str(size), size) for size in (1, 5))
    frames = sum(-(-length // 320) for length in range(4000, 12000, 700))  # two of 10 ms make a state
    assert abs(int(single["count"]) - frames) <= 12  # utt99 would be 12 more than the rounding of 12 utterances
    assert single["count"] == many["count"]
    for name in ("sum", "sum_square"):
        np.testing.assert_allclose(many[name], single[name], rtol=1e-3, atol=1e-2)


def test_audio_that_is_gone_is_one_line_in_statistics_and_training(data_dir, tmp_path):
    missing = tmp_path / "data"
    shutil.copytree(data_dir, missing)
    scp, wav = missing / "wav.scp", missing / "gone.wav"
    write_table(scp, {**read_table(scp), "utt07": str(wav)})
    commands = {"trained": (), "collected": ("--collect_stats", "true", "--batch_size", "4")}
    processes = {name: training(missing, tmp_path / name, *options) for name, options in commands.items()}
    for name, process in processes.items():
        assert process.wait() == 1
        last = (tmp_path / name / "log").read_text().splitlines()[-1]
        assert last == f"error: {scp}:8: 'utt07': {wav}: no such file; check the path"


@pytest.mark.parametrize(
    "options, message",
    [
        ("--alignment_updates 12", "alignment_updates: 12 of the training's 12 leave none for answers"),
        ("--perception acoustic --pooled_weight 0", "ctc_weight: there are no frames without 'semantic'"),
        ("--connector_conf queries=4", "ctc_weight: there are no frames where queries"),
        ("--connector_conf pooled=false", "pooled_weight: there are no pooled tokens"),
        ("--pooled_weight -1", "pooled_weight: -1.0 is below 0"),
        ("--pooled_weight 0", "connector_conf: pooled learns by pooled_weight alone"),
        (
            "--pooled_weight 0 --connector_conf pooled=false --connector_conf pooled_mixup=0.4",
            "pooled_mixup: there are no pooled tokens",
        ),
        ("--connector_conf pooled_crop=0", "pooled_crop: 0 is not above 0 and at most 1"),
        ("--states_cache 1", "states_cache: with augmentation, or a Whisper that trains"),
    ],
)
def test_auxiliary_losses_that_find_nothing_to_learn_are_refused(data_dir, tmp_path, options, message):
    refused = training(data_dir, tmp_path / "exp", *options.split())
    assert refused.wait() != 0
    log = (tmp_path / "exp" / "log").read_text()
    assert message in log and "Traceback" not in log
