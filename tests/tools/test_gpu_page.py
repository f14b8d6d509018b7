"""The page of a GPU, made on a CPU: benchmark and tests, those of a GPU skipped with a reason."""

import runpy
import sys

import pytest
import torch
from helpers.paths import ROOT

pytest.importorskip("espnet2")
TOOL = ROOT / "tools" / "benchmark" / "gpu_page.py"


@pytest.fixture(scope="module")
def tool() -> dict:
    return runpy.run_path(str(TOOL))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_on_a_cpu_all_tests_are_skipped_with_a_reason(tool, tmp_path):
    page = tmp_path / "page.md"
    own = ["--output", str(page), "--processes", "0", "--seconds", "3000"]
    tool["main"]([*own, "--device", "cpu", "--size", "tiny", "--parts", "features"])
    text = page.read_text()
    assert "No GPU:" in text and "## Features of Emotion2Vec-S" in text
    *_, section = text.split("\n## ")
    assert section.startswith("Tests of tests/gpu\n\nExit code 0.")
    assert "needs a GPU: torch.cuda.is_available() is false" in section
    assert " skipped in " in section and "error" not in section.lower() and "passed" not in section


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_is_one_line(tool, tmp_path):
    with pytest.raises(SystemExit) as ended:
        tool["main"](["--output", str(tmp_path / "page.md")])
    assert "PyTorch finds no GPU here" in str(ended.value.code) and "\n" not in str(ended.value.code)


def test_failures_are_told_and_what_takes_too_long_is_ended(tool):
    section = tool["tests_section"](
        1, "..F\n=== short test summary info ===\nFAILED a.py::b - no\n=== 1 failed in 2s ==="
    )
    assert "Exit code 1." in section and "FAILED a.py::b - no\n1 failed in 2s\n" in section
    code, printed = tool["call"]([sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"], 2)
    assert code == 124 and printed.splitlines() == ["1", "", "ended after 2 s"]
