"""A recipe that is disturbed: what it looked like before each stage, and what an undisturbed one leaves."""

import filecmp
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from helpers.recipes import Recipe, environment  # noqa: E402  its recipe has hardly any training

COMPARED = ("wav.scp", "utt2*", "attributes", "*.ark", "*.index", "*.scp", "explicit", "implicit", "text", "*.ave.pth")
COMPARED += ("*.flac",)
MAX_EPOCH = 2


class Fault(Exception):
    """What is wrong after a rerun."""


class Bench:
    """A recipe, what it looked like before each stage, and how long each stage takes."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.rmtree(folder / "recipe", ignore_errors=True)
        self.recipe = Recipe(folder / "recipe", max_epoch=MAX_EPOCH)
        self.seconds: dict[int, float] = {}

    def prepare(self, last: int) -> None:
        """Runs stages 1 to ``last`` undisturbed and keeps what there is before and after each; some may be there."""
        for stage in range(1, last + 1):
            note = self.folder / f"seconds{stage}"
            if not note.exists():
                if stage > 1:
                    self._put_back(f"after{stage - 1}")
                self._keep(f"before{stage}")
                started = time.monotonic()
                self.recipe.pass_stages(stage, stage)
                seconds = time.monotonic() - started
                self._keep(f"after{stage}")
                note.write_text(f"{seconds:.1f}\n")
            self.seconds[stage] = float(note.read_text())
            print(f"stage {stage}: {self.seconds[stage]:.0f} s", flush=True)

    def _keep(self, name: str) -> None:
        part = self.folder / f"{name}.part"
        for old in (part, self.folder / name):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(self.recipe.root, part, symlinks=True)
        part.rename(self.folder / name)

    def _put_back(self, name: str) -> None:
        shutil.rmtree(self.recipe.root)
        shutil.copytree(self.folder / name, self.recipe.root, symlinks=True)

    def undisturbed(self, stage: int, **options) -> Path:
        """What is there after a stage; with options, other than those of `prepare`, it is run when first asked for."""
        name = "-".join([f"after{stage}", *map(str, options.values())])
        if not (self.folder / name).exists():
            self.restore(stage)
            self.recipe.pass_stages(stage, stage, **options)
            self._keep(name)
        return self.folder / name

    def restore(self, stage: int) -> None:
        """Puts the recipe's folder back to what it was before a stage."""
        self._put_back(f"before{stage}")

    def start(
        self, stage: int, *, variables: Mapping[str, str] | None = None, machine: Sequence[str] = (), **options
    ) -> subprocess.Popen:
        """Begins a stage, with variables added to its environment, behind a command that makes a machine for it."""
        return subprocess.Popen(
            [*machine, *self.recipe.command(stage, stage, **options)],
            env={**environment(), **(variables or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
        )

    def rerun(self, stage: int, **options) -> None:
        """Runs a stage to its end, with the options of `start`."""
        running = self.start(stage, **options)
        output = running.communicate()[0]
        if running.returncode != 0:
            raise Fault(f"the rerun failed: {output.splitlines()[-1:]}")

    def compare(self, stage: int, **options) -> None:
        """Raises `Fault` where a file is missing or has other bytes than `undisturbed`."""
        expected = self.undisturbed(stage, **options)
        for pattern in COMPARED:
            for path in expected.rglob(pattern):
                if "split2" in path.parts or "log" in path.parts or path.is_dir():
                    continue
                other = self.recipe.root / path.relative_to(expected)
                if not other.exists():
                    raise Fault(f"{other.name} is missing")
                if not filecmp.cmp(path, other, shallow=False):
                    raise Fault(f"{other.relative_to(self.recipe.root)} has other bytes")


def processes(program: str, folder: Path) -> list[int]:
    """Processes of a Python program, not of the launcher that starts it, with a folder in their command lines."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        runs_program = any(word.endswith(program) for word in command[1:3])  # python FILE, or python -m MODULE
        if "python" in Path(command[0]).name and runs_program and any(f"{folder}/" in word for word in command):
            found.append(int(process.name))
    return found


def wait_for(condition: Callable[[], object], seconds: float = 120) -> object:
    """Waits until a condition holds and returns it."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Fault("waited in vain")
        time.sleep(0.02)
    return value


def kill(bench: Bench, stage: int, program: str, moment: float, *, started: Mapping | None = None, **options) -> str:
    """Kills a process of a running stage by SIGKILL after the given share of its time; runs the stage again.

    ``started`` are arguments of `Bench.start` that change nothing in what comes out, ``options`` such that do.
    """
    bench.undisturbed(stage, **options)
    bench.restore(stage)
    running = bench.start(stage, **(started or {}), **options)
    wait_for(lambda: processes(program, bench.folder))
    time.sleep(moment * bench.seconds[stage] * 0.7)
    victims = processes(program, bench.folder)
    for victim in victims[:1]:
        os.kill(victim, signal.SIGKILL)
    running.communicate()
    if not victims:  # it had ended before: earlier, then
        return kill(bench, stage, program, moment / 2, started=started, **options)
    if running.returncode == 0:
        raise Fault("the stage passed although a process was killed")
    bench.rerun(stage, **(started or {}), **options)
    bench.compare(stage, **options)
    return f"exit code {running.returncode}"
