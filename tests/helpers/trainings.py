"""Trainings that are stopped and go on."""

import importlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed
import torch.multiprocessing

from helpers.paths import ROOT


def preload() -> multiprocessing.context.ForkServerContext:
    """Returns what forks processes from one that has loaded ESPnet, which takes longer than what tests do with it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["c2ser.tasks.alm", "c2ser.tasks.emotion2vec", "c2ser.tasks.finetuning"])
    return context


@contextmanager
def process_group(rank: int, world_size: int, port: int, backend: str = "gloo") -> Iterator[None]:
    """Lets processes of this machine work together; without a port, those that are one, there is no group.

    What uses the group must be gone at the end of the block: PyTorch waits forever for a group whose last user, such as
    a model that is distributed, is freed after it.
    """
    if port:
        address = f"tcp://127.0.0.1:{port}"
        torch.distributed.init_process_group(backend, init_method=address, rank=rank, world_size=world_size)
    yield
    if port:
        torch.distributed.destroy_process_group()


def by_one_and_two_processes(function: Callable[..., None], *arguments) -> dict:
    """What a function leaves in its results, alone and as one of two processes.

    It takes its rank, the world size and the port for `process_group`, the arguments, and the results.
    """
    with torch.multiprocessing.Manager() as manager:
        results = manager.dict()
        function(0, 1, 0, *arguments, results)
        port = 20000 + os.getpid() % 20000
        preload()
        together = (2, port, *arguments, results)
        torch.multiprocessing.start_processes(function, together, nprocs=2, start_method="forkserver")
        return dict(results)


class Training:
    """A training in a process that is forked, with the interface of `subprocess.Popen` as far as tests need it."""

    def __init__(self, command: list[str], log: Path):
        words = command[command.index("-m") + 1 :]
        self.process = preload().Process(target=run_module, args=(words, log))
        self.process.start()
        self.pid = self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self) -> int:
        self.process.join()
        return self.process.exitcode


def run_module(words: list[str], log: Path) -> None:
    """Does in this process what ``python -m WORDS`` does, in a session of its own, with its output in a log."""
    os.setsid()
    multiprocessing.set_start_method(None, force=True)  # for processes of its own, as in any program
    sys.stdout.flush()
    with open(log, "a") as file:
        for output in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), output.fileno())
    torch.set_num_threads(1)
    sys.argv = words
    importlib.import_module(words[0]).main(words[1:])


def launch(command: list[str], exp: Path) -> Training:
    """Starts a training, in a session of its own, which writes to ``exp/log``."""
    exp.mkdir(exist_ok=True)
    log = exp / "log"
    log.touch()
    return Training(command, log)


def launch_python(command: list[str], exp: Path) -> subprocess.Popen:
    """Does the same by a Python that has loaded nothing yet."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    exp.mkdir(exist_ok=True)
    with open(exp / "log", "a") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)


def stop_at(process: Training | subprocess.Popen, exp: Path, moment: str, sent: signal.Signals) -> int:
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


def whole_and_killed(
    start: Callable[[Path], Training | subprocess.Popen], folder: Path, moment: str
) -> tuple[Path, Path]:
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
