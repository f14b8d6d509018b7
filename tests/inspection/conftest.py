"""Sets that the page shows."""

from pathlib import Path

import pytest
from helpers.stages import stage_6

from c2ser.rationales.targets import THRESHOLDS_NAME


@pytest.fixture
def sets(tmp_path) -> list[Path]:
    """24 utterances to train on, 20 to test on, of other speakers. Nothing is wrong with them."""
    train = stage_6(tmp_path / "train")
    return [train, stage_6(tmp_path / "test", 10, train / THRESHOLDS_NAME)]
