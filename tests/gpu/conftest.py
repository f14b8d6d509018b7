"""What the tests on a GPU share: they are marked ``gpu``, and skipped where PyTorch finds no CUDA."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from helpers.paths import ROOT

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    absent = pytest.mark.skip(reason="needs a GPU: torch.cuda.is_available() is false")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.gpu)
            if not torch.cuda.is_available():
                item.add_marker(absent)


@pytest.fixture(scope="session")
def device() -> torch.device:
    return torch.device("cuda")


@pytest.fixture(autouse=True)
def exact_float32() -> Iterator[None]:
    """Convolutions in float32, which on GPUs are not in PyTorch by default; matrix products are."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


@pytest.fixture(scope="session")
def estimate_memory() -> SimpleNamespace:
    """The names of tools/estimate_memory.py."""
    pytest.importorskip("espnet2")
    return SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "estimate_memory.py")))
