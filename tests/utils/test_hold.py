"""The lock of a stage, taken by hold.py on a file that the shell has opened."""

import fcntl
import subprocess
from pathlib import Path

import pytest
from helpers.launchers import call, needs_slurm, queued_job, wait_for
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
