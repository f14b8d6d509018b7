"""Checkpoints of this environment's ESPnet, and of the other release, which cannot be resumed."""

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

STATS_202511 = {"time": timedelta(seconds=2.5), "loss": np.float64(0.5), "total_count": 3}
STATS_202611 = {"time": {"__timedelta_seconds__": 2.5}, "loss": 0.5, "total_count": 3}
REFUSED = "saved by another release of ESPnet .* go on in the environment that started the training, or start anew"


def save(path: Path, reporter: dict) -> None:
    line = torch.nn.Linear(1, 1)
    states = {"optimizers": [torch.optim.Adam(line.parameters()).state_dict()], "schedulers": [None], "scaler": None}
    torch.save({"model": line.state_dict(), "reporter": reporter, **states}, path)


@pytest.fixture
def other(tmp_path) -> Path:
    """A checkpoint as the release of ESPnet saves it that is not installed here."""
    stats = STATS_202511 if BUILDS_PLAIN_TYPES_ONLY else STATS_202611
    save(tmp_path / "checkpoint.pth", {"epoch": 1, "stats": {1: {"train": stats}}})
    return tmp_path / "checkpoint.pth"


def test_a_training_of_another_release_ends_before_it_touches_anything(other):
    folder = other.parent
    before = other.read_bytes()
    arguments = ["--output_dir", str(folder), "--emotions", "none", "--resume", "true"]
    options = InterruptibleTrainer.build_options(Emotion2VecTask.get_parser().parse_args(arguments))
    (folder / "latest.pth").touch()  # the weights of the last epoch were written
    with pytest.raises(InputError, match=REFUSED) as raised:
        InterruptibleTrainer.run(trainer_options=options, distributed_option=DistributedOption())
    assert str(raised.value).startswith(f"{other}: ") and "\n" not in str(raised.value)
    assert other.read_bytes() == before and {file.name for file in folder.iterdir()} == {other.name, "latest.pth"}


def test_this_releases_own_checkpoint_is_resumed(tmp_path):
    reporter = Reporter(epoch=1)
    with reporter.observe("train") as epoch:
        epoch.register({"loss": torch.tensor(0.5)})
        epoch.next()
    save(tmp_path / "checkpoint.pth", reporter.state_dict())
    check_resumable(tmp_path / "checkpoint.pth")


def test_nothing_to_resume_is_no_error(tmp_path):
    check_resumable(tmp_path / "checkpoint.pth")


def test_only_plain_types_are_loaded(tmp_path):
    path = tmp_path / "unfinished_epoch.pth"
    torch.save({"parts": {"model": torch.ones(2)}, "batches": 3}, path)
    assert load_plain(path)["batches"] == 3
    torch.save({"seconds": timedelta(seconds=1)}, path)
    with pytest.raises(InputError, match=rf"unfinished_epoch\.pth: {REFUSED}"):
        load_plain(path)
