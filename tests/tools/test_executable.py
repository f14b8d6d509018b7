"""Tools run by the path that their usage and the manual name."""

import os

import pytest
from helpers.paths import ROOT

TOOLS = [path for path in sorted(ROOT.glob("tools/*/*.py")) if '__name__ == "__main__"' in path.read_text()]


@pytest.mark.parametrize("path", TOOLS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_tool_is_executable_by_its_path(path):
    assert path.read_text().startswith("#!/usr/bin/env python3\n") and os.access(path, os.X_OK)
