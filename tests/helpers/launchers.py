"""The launchers, and a Slurm where one answers."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.paths import ROOT

RUN = [sys.executable, str(ROOT / "utils/run.py")]


SLURM = [sys.executable, str(ROOT / "utils/slurm.py"), "--config", str(ROOT / "egs/TEMPLATE/conf/slurm.conf")]


def has_slurm() -> bool:
    """True where a Slurm answers."""
    try:
        return subprocess.run(["sinfo"], capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


needs_slurm = pytest.mark.skipif(not has_slurm(), reason="no Slurm answers here (sinfo)")


launchers = pytest.mark.parametrize("launcher", [RUN, pytest.param(SLURM, marks=needs_slurm)], ids=["run", "slurm"])


def call(words, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, **kwargs)


def wait_for(condition, seconds: float = 30):
    """Waits until a condition holds, and returns it."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return value


def is_running(pid: int) -> bool:
    """True where a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def start_again(job: str) -> None:
    """Lets a job that was put back into the queue start soon, where Slurm lets two minutes pass.

    A job that starts within the second in which it was ended is refused by its node ("Job credential revoked"), and
    has failed.
    """
    wait_for(lambda: "PENDING" in call(["scontrol", "show", "job", job]).stdout, 120)
    wait_for(lambda: call(["scontrol", "update", f"JobId={job}", "StartTime=now+2"]).returncode == 0, 60)


def queued_job(log: Path) -> str:
    """The id of the Slurm job that has a log, while it waits or runs."""
    script = log.parent / "slurm" / f"{log.stem}.sh"
    listed = call(["squeue", "--noheader", "--format=%F %o"]).stdout.splitlines()
    return next((line.split()[0] for line in listed if line.strip().endswith(f" {script}")), "")
