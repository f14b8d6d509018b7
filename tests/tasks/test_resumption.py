"""Checkpoints that ESPnet's trainer goes on from, and those of an older release, which 202611 does not build."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
from espnet2.train.distributed_utils import DistributedOption
from espnet2.train.reporter import Reporter

from c2ser.errors import InputError
from c2ser.tasks.emotion2vec import Emotion2VecTask
from c2ser.tasks.resumption import BUILDS_PLAIN_TYPES_ONLY, check_resumable, load_plain
from c2ser.tasks.trainer import InterruptibleTrainer

REFUSED = "objects that ESPnet [0-9]+ refuses to load, .* resume the training in the environment that started it"


def save(path: Path, reporter: dict) -> Path:
    """Writes a checkpoint with all that ESPnet's trainer puts into one."""
    line = torch.nn.Linear(1, 1)
    states = {"optimizers": [torch.optim.Adam(line.parameters()).state_dict()], "schedulers": [], "scaler": None}
    torch.save({"model": line.state_dict(), "reporter": reporter, **states}, path)
    return path


@pytest.fixture
def of_202511(tmp_path) -> Path:
    stats = {"time": timedelta(seconds=2.5), "loss": np.float64(0.5), "total_count": 3}
    return save(tmp_path / "checkpoint.pth", {"epoch": 1, "stats": {1: {"train": stats}}})


@pytest.mark.skipif(not BUILDS_PLAIN_TYPES_ONLY, reason="ESPnet 202511 resumes what it saved itself")
def test_a_training_of_202511_ends_before_it_touches_anything(of_202511):
    folder = of_202511.parent
    before = of_202511.read_bytes()
    arguments = ["--output_dir", str(folder), "--emotions", "none", "--resume", "true"]
    options = InterruptibleTrainer.build_options(Emotion2VecTask.get_parser().parse_args(arguments))
    (folder / "latest.pth").touch()  # the weights of the last epoch were written
    with pytest.raises(InputError, match=REFUSED) as raised:
        InterruptibleTrainer.run(trainer_options=options, distributed_option=DistributedOption())
    assert str(raised.value).startswith(f"{of_202511}: ") and "\n" not in str(raised.value)
    assert of_202511.read_bytes() == before
    assert {file.name for file in folder.iterdir()} == {"checkpoint.pth", "latest.pth"}


@pytest.mark.skipif(BUILDS_PLAIN_TYPES_ONLY, reason="ESPnet 202611 does not resume what 202511 saved")
def test_202511_resumes_what_202611_saved(tmp_path):
    stats = {"time": {"__timedelta_seconds__": 2.5}, "loss": 0.5, "total_count": 3}
    path = save(tmp_path / "checkpoint.pth", {"epoch": 1, "stats": {1: {"train": stats}}})
    check_resumable(path)
    line, reporter = torch.nn.Linear(1, 1), Reporter()
    optimizers = [torch.optim.Adam(line.parameters())]
    InterruptibleTrainer.resume(path, line, reporter, optimizers, schedulers=[], scaler=None)
    reporter.set_epoch(2)
    with reporter.observe("train") as epoch:
        epoch.register({"loss": torch.tensor(0.25)})
        epoch.next()
    reporter.matplotlib_plot(tmp_path / "images")
    assert reporter.get_value("train", "loss", 1) == 0.5 and (tmp_path / "images/loss.png").exists()


def test_what_is_saved_here_is_resumed_here(tmp_path):
    reporter = Reporter(epoch=1)
    with reporter.observe("train") as epoch:
        epoch.register({"loss": torch.tensor(0.5)})
        epoch.next()
    check_resumable(save(tmp_path / "checkpoint.pth", reporter.state_dict()))


def test_nothing_to_resume_is_no_error(tmp_path):
    check_resumable(tmp_path / "checkpoint.pth")


def test_only_plain_types_are_loaded(tmp_path, of_202511):
    path = tmp_path / "unfinished_epoch.pth"
    torch.save({"parts": {"model": torch.ones(2)}, "batches": 3}, path)
    assert load_plain(path)["batches"] == 3
    with pytest.raises(InputError, match=REFUSED):
        load_plain(of_202511)
