"""The manual, built."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The folder of the manual's pages, built without a warning."""
    folder = tmp_path_factory.mktemp("manual") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # Material's advertisement of its successor
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def workspace(tiny_llm, tmp_path_factory) -> Path:
    """The folder in which code of the manual runs."""
    from helpers.workspace import make_workspace

    return make_workspace(tmp_path_factory.mktemp("workspace"), tiny_llm)
