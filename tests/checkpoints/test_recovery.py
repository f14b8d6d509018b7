"""Checkpoints that a kill left half-written."""

import numpy as np
import torch

from c2ser.checkpoints.recovery import recover_checkpoint


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
        recover_checkpoint(tmp_path)
        assert weights.read_bytes() == whole and list(tmp_path.glob("*epoch.pth")) == [weights]
    torch.save({"weight": torch.zeros(1)}, weights)
    (tmp_path / "latest.pth").symlink_to("3epoch.pth")
    recover_checkpoint(tmp_path)
    assert torch.equal(torch.load(weights, weights_only=True)["weight"], torch.zeros(1))
    path.write_bytes(path.read_bytes()[:1000])
    recover_checkpoint(tmp_path)
    assert not path.exists()


def test_a_previous_checkpoint_takes_the_place_of_a_corrupt_one(tmp_path, caplog):
    path, previous = tmp_path / "checkpoint.pth", tmp_path / "checkpoint.previous.pth"
    torch.save({"model": {"weight": torch.ones(3)}, "reporter": {"epoch": 2}}, previous)
    path.write_bytes(b"half")
    torch.save({"weight": torch.zeros(3)}, tmp_path / "3epoch.pth")
    (tmp_path / "latest.pth").symlink_to("3epoch.pth")
    recover_checkpoint(tmp_path)
    assert "checkpoint.pth: corrupt; training resumes from that of the previous epoch" in caplog.text
    assert path.exists() and not previous.exists()
    assert torch.equal(torch.load(tmp_path / "2epoch.pth", weights_only=True)["weight"], torch.ones(3))


def test_a_corrupt_previous_checkpoint_alone_is_named(tmp_path, caplog):
    (tmp_path / "checkpoint.previous.pth").write_bytes(b"half")
    recover_checkpoint(tmp_path)
    assert "checkpoint.previous.pth: corrupt; training resumes from its first epoch" in caplog.text
    assert list(tmp_path.iterdir()) == []
