"""Experiments that are not finished, broken, or of another program."""

import pytest
import torch

from c2ser.checkpoints.experiments import checkpoint_names, experiment_weights
from c2ser.emotion2vec.pretraining import PretrainingConfig
from c2ser.errors import InputError
from c2ser.settings import build_from_mapping


def test_unfinished_training_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"config\.yaml: no such file"):
        experiment_weights(tmp_path, prefix="")
    (tmp_path / "config.yaml").write_text("best_model_criterion: [[valid, loss, min]]")
    with pytest.raises(InputError, match=r"valid\.loss\.ave\.pth: no such file"):
        experiment_weights(tmp_path, prefix="")
    for content in (b"", b"version https://git-lfs.github.com/spec/v1\n", b"PK\x03\x04half"):
        (tmp_path / "valid.loss.ave.pth").write_bytes(content)
        with pytest.raises(InputError, match=r"valid\.loss\.ave\.pth: broken") as error:
            experiment_weights(tmp_path, prefix="")
        assert "\n" not in str(error.value)
    (tmp_path / "config.yaml").write_text("batch_type: numel")
    with pytest.raises(InputError, match="not that of a training"):
        experiment_weights(tmp_path, prefix="")


def test_a_checkpoint_is_read_by_its_name(tmp_path):
    (tmp_path / "config.yaml").write_text("best_model_criterion: [[valid, loss, min]]")
    with pytest.raises(InputError, match="no checkpoint '5epoch'; there is none"):
        experiment_weights(tmp_path, prefix="", checkpoint="5epoch")
    names = ["9epoch", "10epoch", "valid.loss.ave", "valid.loss.best"]
    for number, name in enumerate([*names, "checkpoint", "checkpoint.previous"]):
        torch.save({"model.weight": torch.tensor(number)}, tmp_path / f"{name}.pth")
    (tmp_path / "latest.pth").symlink_to("10epoch.pth")
    assert checkpoint_names(tmp_path) == ["9epoch", "10epoch", "latest", "valid.loss.ave", "valid.loss.best"]
    for number, name in enumerate(names):
        assert experiment_weights(tmp_path, prefix="model.", checkpoint=name)["weight"] == number
    assert experiment_weights(tmp_path, prefix="", checkpoint="latest")["model.weight"] == 1
    assert experiment_weights(tmp_path, prefix="")["model.weight"] == 2
    for unknown in ("11epoch", "checkpoint", "../9epoch", ""):
        with pytest.raises(InputError, match=f"no checkpoint '{unknown}'; there are 9epoch, 10epoch, latest, valid"):
            experiment_weights(tmp_path, prefix="", checkpoint=unknown)


def test_unknown_setting_is_named():
    with pytest.raises(InputError, match="pretraining_conf: unknown key 'clone'; did you mean clones?"):
        build_from_mapping(PretrainingConfig, {"clone": 2}, name="pretraining_conf")
    assert build_from_mapping(PretrainingConfig, {"clones": 2}, name="pretraining_conf").clones == 2
