"""Fixtures that several tests share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora and models beside the checkout; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder ../shared with EmoDB and Whisper base, which is not part of the repository")
    return SHARED
