"""The benchmark of a GPU, on a CPU with models of hardly any weights."""

import re
import runpy

import pytest
import torch
from helpers.paths import ROOT

pytest.importorskip("espnet2")
TOOL = ROOT / "tools" / "benchmark" / "gpu.py"
PARTS = ("lora_step", "emotion2vec_step", "features", "answers")


@pytest.fixture(scope="module")
def tool() -> dict:
    return runpy.run_path(str(TOOL))


def test_all_parts_on_a_cpu(tool, tmp_path):
    page = tmp_path / "page.md"
    tool["main"](["--device", "cpu", "--size", "tiny", "--output", str(page)])
    text = page.read_text()
    assert "No GPU:" in text and "Failed" not in text
    sections = text.split("\n## ")[1:]
    assert len(sections) == len(PARTS)
    for section in sections:
        assert "A matrix product in bfloat16" in section and "\n| --- |" in section
    rows = [line.strip("| ").split(" | ") for line in sections[3].splitlines() if line.startswith("| a tiny Qwen2")]
    assert [row[2:4] for row in rows] == [[mode, size] for mode in ("explicit", "implicit") for size in ("1", "2")]
    for row in rows:
        size, rate, seconds = int(row[3]), float(row[4]), float(row[5])  # rounded to 0.1 and 0.001
        assert size / (rate + 0.06) - 6e-4 <= seconds <= size / (rate - 0.06) + 6e-4


def test_a_part_that_fails_loses_no_other(tool, tmp_path, monkeypatch):
    def lora_step(bench):
        """Training"""
        raise torch.OutOfMemoryError("out of memory\nmore")

    monkeypatch.setitem(tool["PARTS"], "lora_step", lora_step)
    page = tmp_path / "page.md"
    with pytest.raises(SystemExit) as ended:
        tool["main"](["--device", "cpu", "--size", "tiny", "--output", str(page), "--parts", "lora_step,features"])
    assert "lora_step failed" in str(ended.value.code)
    text = page.read_text()
    assert "Failed: `OutOfMemoryError: out of memory`" in text and re.search(r"\| bfloat16 \| 2 \| \d", text)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_is_one_line(tool):
    with pytest.raises(SystemExit) as ended:
        tool["main"]([])
    assert "PyTorch finds no GPU here" in str(ended.value.code) and "\n" not in str(ended.value.code)


def test_parts_that_do_not_exist(tool):
    with pytest.raises(SystemExit) as ended:
        tool["main"](["--parts", "features,speed"])
    assert "no part ['speed']" in str(ended.value.code)
