"""Trainings that are stopped and go on."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed
import torch.multiprocessing

from helpers.paths import ROOT


@contextmanager
def process_group(rank: int, world_size: int, port: int) -> Iterator[None]:
    """Lets processes of this machine work together through gloo; one process needs no group.

    What uses the group must be gone at the end of the block: PyTorch waits forever for a group whose last user, such as
    a model that is distributed, is freed after it.
    """
    if world_size > 1:
        address = f"tcp://127.0.0.1:{port}"
        torch.distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=world_size)
    yield
    if world_size > 1:
        torch.distributed.destroy_process_group()


def by_one_and_two_processes(function: Callable[..., None], *arguments) -> dict:
    """What a function leaves in its results, alone and as one of two processes.

    It takes its rank, the world size and the port for `process_group`, the arguments, and the results.
    """
    with torch.multiprocessing.Manager() as manager:
        results = manager.dict()
        function(0, 1, 0, *arguments, results)
        port = 20000 + os.getpid() % 20000
        torch.multiprocessing.spawn(function, (2, port, *arguments, results), nprocs=2)
        return dict(results)


def launch(command: list[str], exp: Path) -> subprocess.Popen:
    """Starts a training, in a session of its own, which writes to ``exp/log``."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    exp.mkdir(exist_ok=True)
    with open(exp / "log", "a") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)


def stop_at(process: subprocess.Popen, exp: Path, moment: str, sent: signal.Signals) -> int:
    """Signals a training when its log shows a moment; returns its exit code."""
    deadline = time.monotonic() + 120
    while not re.search(moment, (exp / "log").read_text()):
        assert process.poll() is None and time.monotonic() < deadline, (exp / "log").read_text()[-2000:]
        time.sleep(0.02)
    os.killpg(process.pid, sent)
    return process.wait()


def listens_to(number: signal.Signals, process: int) -> bool:
    status = Path(f"/proc/{process}/status").read_text()
    return bool(int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) & 1 << number - 1)


def whole_and_killed(start: Callable[[Path], subprocess.Popen], folder: Path, moment: str) -> tuple[Path, Path]:
    """Two trainings to their end, of which the second is killed when its log shows a moment, and started again."""
    whole, killed = folder / "whole", folder / "killed"
    uninterrupted = start(whole)
    assert stop_at(start(killed), killed, moment, signal.SIGKILL) == -signal.SIGKILL
    assert not (killed / "3epoch.pth").exists()
    assert start(killed).wait() == 0, (killed / "log").read_text()[-2000:]
    assert uninterrupted.wait() == 0, (whole / "log").read_text()[-2000:]
    assert "The training was resumed using" in (killed / "log").read_text()
    return whole, killed


def assert_same_weights(name: str, *experiments: Path) -> dict[str, torch.Tensor]:
    first, second = (torch.load(exp / name, weights_only=True) for exp in experiments)
    assert first.keys() == second.keys() and len(first) > 50
    assert all(torch.equal(first[key], second[key]) for key in first)
    return first
