"""Blocks of code in README and manual: what can be run is run, the rest is parsed and compared with the parsers.

A block that is not run has a line ``<!-- checked: WHY -->`` before it. Pages of recipes (egs/) train or need data
throughout, so theirs are checked.
"""

import ast
import json
import os
import subprocess

import pytest
import yaml
from helpers import shell
from helpers.manual import Block, blocks, name, pages
from helpers.paths import ROOT
from helpers.workspace import voice

from c2ser.__main__ import main

BLOCKS = [block for page in pages() for block in blocks(page)]
OURS = [page for page in pages() if page == ROOT / "README.md" or page.is_relative_to(ROOT / "docs")]


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def test_blocks_are_of_languages_that_are_checked():
    known = {"bash", "python", "yaml", "json", "toml", "text", "bibtex", "dockerfile"}
    outside = [str(block) for block in BLOCKS if block.language not in known and block.page in OURS]
    assert not outside


@pytest.mark.parametrize("block", of("bash"), ids=str)
def test_commands_and_their_options_exist(block):
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    recipe = block.page.parent.name if block.page.parent.parent == ROOT / "egs" else "mini_emo"
    for words in shell.commands(block.text):
        shell.check(words, recipe)


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_is_python(block):
    ast.parse(block.text)


@pytest.mark.parametrize("block", [*of("yaml"), *of("json")], ids=str)
def test_configurations_can_be_read(block):
    read = json.loads if block.language == "json" else yaml.safe_load
    assert read(block.text) is not None


@pytest.fixture
def shell_environment(workspace, monkeypatch) -> None:
    """In the workspace, which is also the home; with ``c2ser`` on PATH."""
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("HOME", str(workspace))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{workspace / 'bin'}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("page", OURS, ids=name)
def test_code_runs(page, shell_environment):
    names = {"waveform": voice(120)}
    for block in blocks(page):
        if block.reason:
            continue
        if block.language == "python":
            exec(compile(block.text, str(block), "exec"), names)
        elif block.language == "bash":
            run(block.text, str(block))


def run(text: str, where: str) -> None:
    """Runs the lines of a block: plain commands of ours in this process, which saves their start, others by bash."""
    for line in text.replace("\\\n", " ").splitlines():
        commands = shell.commands(line)
        if any(words[0] != "c2ser" for words in commands) or set(line) & set("|<>$"):
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", line], capture_output=True, text=True)
            assert done.returncode == 0, f"{where}: {line}: {done.stderr}"
            continue
        for words in commands:
            try:
                main(words[1:])
            except SystemExit as end:
                assert end.code in (None, 0), f"{where}: {words} ends with {end.code}"
