"""Text of the manual that is made from the code, or that repeats it."""

import re
import subprocess
import sys

import pytest
from helpers.manual import prose
from helpers.paths import ROOT
from helpers.recipes import environment

from c2ser.cli.index import TRAININGS, command_names

sys.path.append(str(ROOT / "tools" / "manual"))
generated = pytest.importorskip("generated")

SCRIPTS = ("egs/TEMPLATE/ser.sh", "egs/TEMPLATE/evaluate.sh", "egs/emobox/run.sh", "egs/emobox/matrix.sh")


def words(table: str) -> set[str]:
    """The options in the first column of a table."""
    return set(re.findall(r"--\w+", "\n".join(re.findall(r"^\| `([^|]*)", table, re.MULTILINE))))


@pytest.mark.parametrize("script", SCRIPTS)
def test_options_are_those_that_help_prints(script):
    """Its own, before those that it passes on."""
    call = [ROOT / script, "--help"]
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=call[0].parent, env=environment())
    printed = done.stdout.partition("Further options")[0]
    assert words(generated.options(script)) == set(re.findall(r"^  (--\w+)", printed, re.MULTILINE)) != set()


def test_each_command_has_a_section_with_its_options():
    text = generated.commands()
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == command_names()
    for name, section in sections.items():
        if name not in TRAININGS:
            (usage,) = re.findall(r"(?s)usage:.*", generated.command_parser(name).format_usage())
            assert words(section) >= set(re.findall(r"--\w+", usage)), name


def test_options_of_data_preparation_are_those_of_its_command():
    assert {"--num_utts", "--seed"} <= words(generated.data_options("mini_emo"))
    assert {"--protocol", "--fold", "--label_map"} <= words(generated.data_options("emodb"))


def test_results_are_tables_of_models_of_each_recipe_that_has_some():
    text = generated.results()
    for path in ROOT.glob("egs/*/RESULTS.md"):
        scores = re.findall(r"^\| model .*\|.* UA .*\n(?:\|.*\n)+", path.read_text("utf-8"), re.MULTILINE)
        assert not scores or scores[0] in text, path


def test_speakers_of_emobox_are_those_that_the_command_finds(shared):
    table = generated.run("speaker_overlap", "--metadata_dir", str(shared / "data" / "emobox" / "data"))
    assert table in (ROOT / "docs" / "evaluation" / "speakers.md").read_text(encoding="utf-8")


def test_messages_of_troubleshooting_are_those_of_the_code():
    sources = [path for folder in ("c2ser", "tools", "egs/TEMPLATE") for path in (ROOT / folder).rglob("*.*")]
    own = [path for path in sources if path.suffix in (".py", ".sh") and ROOT / "tools" / "venv" not in path.parents]
    code = "\n".join(path.read_text(encoding="utf-8") for path in own)
    joined = re.sub(r'"\s*\n\s*f?"', "", code)  # a text over several lines
    messages = re.findall(r"^### `(.*)`$", prose(ROOT / "docs" / "troubleshooting.md"), re.MULTILINE)
    assert len(messages) > 10
    assert [message for message in messages if message not in joined] == []
