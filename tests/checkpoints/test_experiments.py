"""Weights that do not fit, and checkpoints that a kill left half-written."""

import numpy as np
import pytest
import torch
from torch import nn

from c2ser.checkpoints.experiments import experiment_weights, load_weights, mend_checkpoint
from c2ser.emotion2vec.pretraining import PretrainingConfig
from c2ser.errors import InputError
from c2ser.settings import build_from_mapping


def test_weights_that_do_not_fit_are_named():
    model = nn.Linear(3, 2)
    with pytest.raises(InputError, match=r"x\.pth: .* missing \['bias'\]"):
        load_weights(model, {"weight": torch.zeros(2, 3)}, "x.pth")
    with pytest.raises(InputError, match=r"unexpected \['more'\]"):
        load_weights(model, {**model.state_dict(), "more": torch.zeros(1)}, "x.pth")
    with pytest.raises(InputError, match=r"of other shape \['weight'\]"):
        load_weights(model, {"weight": torch.zeros(2, 4), "bias": torch.zeros(2)}, "x.pth")


def test_weights_not_saved_may_be_missing():
    model = nn.Linear(3, 2)
    load_weights(model, {"weight": torch.ones(2, 3)}, "x.pth", not_saved=["bias"])
    assert torch.equal(model.weight, torch.ones(2, 3))


def test_half_written_checkpoint_is_dropped_and_a_whole_one_kept(tmp_path):
    path, weights = tmp_path / "checkpoint.pth", tmp_path / "3epoch.pth"
    model = {"weight": torch.arange(1000.0)}
    torch.save(model, weights)
    whole = weights.read_bytes()
    weights.unlink()
    torch.save({"model": model, "reporter": {"epoch": 3, "stats": {3: {"loss": np.float64(2.0)}}}}, path)
    for content in (None, b"half"):  # killed before the weights of the epoch, and while they were written
        if content:
            weights.write_bytes(content)
        mend_checkpoint(tmp_path)
        assert weights.read_bytes() == whole and list(tmp_path.glob("*epoch.pth")) == [weights]
    torch.save({"weight": torch.zeros(1)}, weights)
    (tmp_path / "latest.pth").symlink_to("3epoch.pth")
    mend_checkpoint(tmp_path)
    assert torch.equal(torch.load(weights, weights_only=True)["weight"], torch.zeros(1))
    path.write_bytes(path.read_bytes()[:1000])
    mend_checkpoint(tmp_path)
    assert not path.exists()


def test_a_previous_checkpoint_takes_the_place_of_a_corrupt_one(tmp_path, caplog):
    path, previous = tmp_path / "checkpoint.pth", tmp_path / "checkpoint.previous.pth"
    torch.save({"model": {"weight": torch.ones(3)}, "reporter": {"epoch": 2}}, previous)
    path.write_bytes(b"half")
    torch.save({"weight": torch.zeros(3)}, tmp_path / "3epoch.pth")
    (tmp_path / "latest.pth").symlink_to("3epoch.pth")
    mend_checkpoint(tmp_path)
    assert "checkpoint.pth: corrupt; training goes on from the one of the epoch before" in caplog.text
    assert path.exists() and not previous.exists()
    assert torch.equal(torch.load(tmp_path / "2epoch.pth", weights_only=True)["weight"], torch.ones(3))


def test_a_corrupt_previous_checkpoint_alone_is_named(tmp_path, caplog):
    (tmp_path / "checkpoint.previous.pth").write_bytes(b"half")
    mend_checkpoint(tmp_path)
    assert "checkpoint.previous.pth: corrupt; training goes on from its first epoch" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_unfinished_training_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"config\.yaml: no such file"):
        experiment_weights(tmp_path, prefix="")
    (tmp_path / "config.yaml").write_text("best_model_criterion: [[valid, loss, min]]")
    with pytest.raises(InputError, match=r"valid\.loss\.ave\.pth: no such file"):
        experiment_weights(tmp_path, prefix="")


def test_unknown_setting_is_named():
    with pytest.raises(InputError, match="pretraining_conf: unknown key 'clone'; did you mean clones?"):
        build_from_mapping(PretrainingConfig, {"clone": 2}, "pretraining_conf")
    assert build_from_mapping(PretrainingConfig, {"clones": 2}, "pretraining_conf").clones == 2
