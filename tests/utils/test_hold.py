"""The lock of a stage, taken by hold.py on a file that the shell has opened."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest
from helpers.launchers import call, needs_slurm, queued_job, wait_for
from helpers.no_locks import no_locks
from helpers.paths import ROOT

HOLD = str(ROOT / "utils" / "hold.py")
SHELL = 'exec {{lock}}>> "$1/.lock"; "$0" --stage 3 {options} ${{lock}} "$1"; echo locked; {then}'


def hold(folder: Path, options: str = "", then: str = "true") -> list[str]:
    return ["bash", "-euc", SHELL.format(options=options, then=then), HOLD, str(folder)]


@pytest.mark.parametrize(
    ("held", "options", "passes"),
    [
        (fcntl.LOCK_EX, "", False),
        (fcntl.LOCK_EX, "--shared", False),
        (fcntl.LOCK_SH, "", False),
        (fcntl.LOCK_SH, "--shared", True),
    ],
)
def test_a_lock_that_excludes_another_is_refused(held, options, passes, tmp_path):
    with open(tmp_path / ".lock", "a") as other:
        fcntl.flock(other, held)
        done = call(hold(tmp_path, options))
    assert (done.returncode == 0) == passes and ("locked" in done.stdout) == passes
    if not passes:
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"error: stage 3: another run is at work in {tmp_path}; wait for it, or end it")
    assert call(hold(tmp_path, options)).returncode == 0


def test_the_lock_lasts_as_long_as_the_shell(tmp_path):
    first = subprocess.Popen(hold(tmp_path, then="read line"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline() == "locked\n"
    assert call(hold(tmp_path)).returncode == 1
    first.communicate("\n")
    assert call(hold(tmp_path)).returncode == 0


@pytest.fixture
def lockless(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", no_locks(tmp_path / "site"))


@pytest.mark.parametrize(
    ("opened", "options", "passes"),
    [("a", "", False), ("a", "--shared", False), ("r", "", False), ("r", "--shared", True)],
)
def test_without_locks_an_open_file_tells_of_another_run_of_this_machine(opened, options, passes, lockless, tmp_path):
    (tmp_path / ".lock").touch()
    with open(tmp_path / ".lock", opened):
        done = call(hold(tmp_path, options))
    assert (done.returncode == 0) == passes and ("another run is at work in" in done.stderr) != passes, done.stderr
    assert call(hold(tmp_path, options)).returncode == 0


@pytest.mark.parametrize(
    ("kind", "options", "passes"),
    [("writes", "", False), ("writes", "--shared", False), ("reads", "", False), ("reads", "--shared", True)],
)
def test_without_locks_a_mark_tells_of_another_machine(kind, options, passes, lockless, tmp_path):
    other = tmp_path / f".lock.login2.cluster.17.{kind}"
    other.touch()
    done = call(hold(tmp_path, options))
    assert (done.returncode == 0) == passes
    if not passes:
        said = "another run is at work, on another machine; wait for it, or, if it has ended, delete"
        assert done.stderr == f"error: stage 3: {said} {other}\n"
        assert [path.name for path in tmp_path.glob(".lock.*")] == [other.name]
        other.unlink()
        assert call(hold(tmp_path, options)).returncode == 0


STAGES = """set -euo pipefail
stage=1 stop_stage=2 ngpu=0 nj=1 num_nodes=1 num_threads=1 cmd_backend=local cuda_cmd= train_cmd= conf_dir=
exp_dir=$1 tag=x
. "$0"
if stage 1 One "$1/a"; then ls "$1/a"/.lock.*; fi
if stage 2 Two "$1/b" "$1/a"; then ls "$1"/?/.lock.*; fi
kill -"$2" $$
"""


@pytest.mark.parametrize("signal", ["0", "TERM", "KILL"])
def test_without_locks_a_run_marks_what_it_holds_until_it_ends(signal, lockless, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(ROOT / "utils"), prepend=os.pathsep)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    left = [".reads", ".writes"] if signal == "KILL" else []
    for _ in range(2):  # what a killed one has left does not disturb the next
        done = call(["bash", "-c", STAGES, str(ROOT / "utils" / "stages.sh"), str(tmp_path), signal])
        marks = [Path(line) for line in done.stdout.splitlines() if line.startswith("/")]
        assert [path.suffix for path in marks] == [".writes", ".reads", ".writes"], done.stderr
        assert sorted(path.suffix for path in tmp_path.glob("?/.lock.*")) == left


@needs_slurm
def test_jobs_that_slurm_still_has_below_a_folder_hold_it(tmp_path):
    folder = tmp_path / "an exp"
    script = folder / "log" / "slurm" / "x.sh"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\nsleep 60\n")
    assert call(["sbatch", "--output=/dev/null", script]).returncode == 0
    job = wait_for(lambda: queued_job(folder / "log" / "x.log"))
    try:
        done = call(hold(folder))
        assert done.returncode == 1
        assert done.stderr == (
            f"error: stage 3: Slurm still has jobs of an earlier run in {folder}; end them by: scancel {job}\n"
        )
        assert call(hold(folder, "--cmd_backend slurm")).returncode == 0
        (tmp_path / "an").mkdir()
        assert call(hold(tmp_path / "an")).returncode == 0
    finally:
        call(["scancel", job])
    wait_for(lambda: call(hold(folder)).returncode == 0)
