"""Scripts that complete commands: they are valid, and what they propose is right."""

import re
import shutil
import subprocess
import sys

import pytest

from c2ser.cli.completion import completion_script
from c2ser.cli.index import SHORT, command_names

COMPLETE = """
source "$1"; shift
line=$(complete -p c2ser); function=${line#*-F }; function=${function%% *}
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
"$function" c2ser "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "c2ser.bash"
    path.write_text(completion_script("bash"))
    return path


@pytest.mark.parametrize(
    "words, proposed",
    [
        (["inf"], {"infer"}),
        (["infer", "--no_sc"], {"--no_scores"}),
        (["infer", "--mode", "e"], {"explicit"}),
        (["infer", "--format", "j"], {"jsonl"}),
        (["check", "my"], {"my file.wav"}),
        (["infer", "--model", "my"], {"my file.wav"}),
    ],
)
def test_bash_proposes_commands_options_choices_and_paths(script, tmp_path, words, proposed):
    (tmp_path / "my file.wav").touch()
    command = ["bash", "-c", COMPLETE, "bash", str(script), "c2ser", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert set(done.stdout.split("\n")) - {""} == proposed, done.stderr


def test_all_commands_are_known_to_both_shells(script):
    zsh = completion_script("zsh")
    (names,) = re.findall(r"_shtab_c2ser_subparsers=\((.*)\)", script.read_text())
    for name in (*command_names(), *SHORT):
        assert name in names.split() and f"\n    {name}:'" in zsh
    if shutil.which("zsh"):
        assert subprocess.run(["zsh", "-n"], input=zsh, text=True).returncode == 0


def test_making_a_script_loads_nothing_heavy():
    code = "import sys; from c2ser.__main__ import main; main(['completion', 'zsh']); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL).returncode == 0
