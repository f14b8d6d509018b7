"""Pretrained models that can be had and those that cannot, without a hub."""

import pytest
from huggingface_hub import constants

from c2ser.bin import check_models
from c2ser.checkpoints.availability import find_obstacle


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the hub with one model in it, on a machine that may not ask the hub."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    folder = tmp_path / "cache" / "models--openai--whisper-tiny"
    (folder / "snapshots" / "1").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("1")
    (folder / "snapshots" / "1" / "config.json").write_text("{}")
    return folder


def test_folders_and_what_was_downloaded(tmp_path, cache):
    assert find_obstacle(str(tmp_path)) is None
    assert find_obstacle("openai/whisper-tiny") is None
    assert "was not downloaded before" in find_obstacle("openai/whisper-base")
    assert find_obstacle("/no/such/folder") == "is not a folder"


def test_a_hub_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:9/{repo_id}/{revision}/{filename}")
    assert "was not downloaded before, and cannot be now (" in find_obstacle("openai/whisper-base")


def test_a_line_for_each_model_that_is_missing(tmp_path, caplog):
    (tmp_path / "alm.yaml").write_text("whisper: openai/whisper-base\nllm: {hidden_size: 8}\n")
    check_models.main(["--config", str(tmp_path / "alm.yaml")])
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "whisper 'openai/whisper-base' was not" in record.getMessage()
    assert "(--whisper DIR)" in record.getMessage()
    caplog.clear()
    check_models.main(["--config", str(tmp_path / "alm.yaml"), "--whisper", str(tmp_path)])
    assert caplog.records == []
