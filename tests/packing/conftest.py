"""A small model like the release, in random weights: its parts, its checkpoint, and the packed model made of it."""

from pathlib import Path

import pytest
import torch
from helpers.release import Sizes, Weights, release_llm, release_weights, save_llm
from helpers.tiny_emotion2vec import save_emotion2vec

from c2ser.packing.release import import_release

SIZES = Sizes()


@pytest.fixture(scope="session")
def emotion2vec(tmp_path_factory) -> Path:
    return save_emotion2vec(tmp_path_factory.mktemp("release") / "emotion2vec é", width=24)


@pytest.fixture(scope="session")
def llm(tmp_path_factory) -> str:
    return save_llm(SIZES, tmp_path_factory.mktemp("release") / "qwen 2")


@pytest.fixture(scope="session")
def release(llm) -> Weights:
    return release_weights(release_llm(llm, SIZES), SIZES)


@pytest.fixture
def checkpoint(release, tmp_path) -> Path:
    torch.save(release, tmp_path / "C2SER_llm 模型.pt")
    return tmp_path / "C2SER_llm 模型.pt"


@pytest.fixture(scope="session")
def released(release, emotion2vec, llm, tmp_path_factory) -> Path:
    """The packed model."""
    folder = tmp_path_factory.mktemp("release")
    torch.save(release, folder / "C2SER_llm.pt")
    import_release(folder / "C2SER_llm.pt", emotion2vec, llm=llm, whisper_heads=SIZES.heads).save(folder / "packed")
    return folder / "packed"
