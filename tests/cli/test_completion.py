"""Scripts that complete commands: they are valid, and what they propose is right."""

import os
import re
import select
import shutil
import subprocess
import sys
import time

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

WORDS = [
    (["inf"], {"infer"}),
    (["infer", "--no_sc"], {"--no_scores"}),
    (["infer", "--mode", "e"], {"explicit"}),
    (["infer", "--format", "j"], {"jsonl"}),
    (["check", "my"], {"my file.wav"}),
    (["infer", "--model", "my"], {"my file.wav"}),
]


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "c2ser.bash"
    path.write_text(completion_script("bash"))
    return path


@pytest.mark.parametrize("words, proposed", WORDS)
def test_bash_proposes_commands_options_choices_and_paths(script, tmp_path, words, proposed):
    (tmp_path / "my file.wav").touch()
    command = ["bash", "-c", COMPLETE, "bash", str(script), "c2ser", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert set(done.stdout.split("\n")) - {""} == proposed, done.stderr


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_completes_what_is_typed(tmp_path):
    (tmp_path / "my file.wav").touch()
    (tmp_path / "_c2ser").write_text(completion_script("zsh"))
    terminal, own = os.openpty()
    shell = subprocess.Popen(
        ["zsh", "-f", "-i"], stdin=own, stdout=own, stderr=own, cwd=tmp_path, env=os.environ | {"TERM": "dumb"}
    )
    try:
        type_keys(terminal, 'fpath=("$PWD" $fpath); autoload -Uz compinit && compinit -u -D; echo rea"d"y\n', "ready")
        for words, (proposed,) in WORDS:
            line = " ".join(["c2ser", *words[:-1], proposed.replace(" ", "\\ ")])
            type_keys(terminal, " ".join(["c2ser", *words]) + "\t", line)
            type_keys(terminal, "\x15", "")  # deletes the line
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)
        os.close(own)


def type_keys(terminal: int, keys: str, expected: str) -> None:
    """Types into a terminal, and fails unless it shows what is expected."""
    os.write(terminal, keys.encode())
    shown, end = "", time.monotonic() + 30
    while expected not in shown:
        assert time.monotonic() < end, shown
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")


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
