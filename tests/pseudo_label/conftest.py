"""Sets that several tests label."""

from pathlib import Path

import pytest
from helpers.pseudo_label import CROSSED, EMOTIONS, SPEAKERS, write_set


@pytest.fixture
def sets(tmp_path) -> dict[str, Path]:
    labelled = [(speaker, emotion, emotion) for speaker in SPEAKERS for emotion in EMOTIONS for _ in range(4)]
    return {
        "train_dir": write_set(tmp_path, "train", labelled, True),
        "unlabelled_dir": write_set(tmp_path, "unlabelled", CROSSED, False),
        "held_out_dir": write_set(tmp_path, "held_out", CROSSED * 2, True),
    }
