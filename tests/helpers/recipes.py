"""mini_emo with hardly any training, in folders of a test's own."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

from helpers.paths import ROOT

RECIPE = ROOT / "egs" / "mini_emo"


NUM_UTTS = 420  # the least that mini_emo speaks


UPDATES = 4  # of an epoch


SETS = ("train", "unlabelled", "dev", "test")
LEARNED_FROM = ("train", "unlabelled_pseudo", "dev", "test")
MODES = ("explicit", "implicit")


def environment() -> dict[str, str]:
    """The tests' own Python in front, and one thread a process."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def write_configurations(directory: Path, max_epoch: int) -> None:
    """mini_emo's configurations with hardly any training."""
    directory.mkdir(parents=True)
    for source in (RECIPE / "conf" / "tiny").glob("*.yaml"):
        config = yaml.safe_load(source.read_text(encoding="utf-8"))
        if "base" in config:  # has the length of its base
            for key in ("max_epoch", "num_iters_per_epoch", "scheduler_conf"):
                config.pop(key, None)
        elif "max_epoch" in config:
            config |= {"max_epoch": max_epoch, "num_iters_per_epoch": UPDATES, "batch_bins": 200000}
            config |= {"num_workers": 0, "use_matplotlib": False, "use_tensorboard": False}
            config["scheduler_conf"]["total_steps"] = max_epoch * UPDATES
            if "alignment_updates" in config:
                config["alignment_updates"] = 1
        (directory / source.name).write_text(yaml.safe_dump(config), encoding="utf-8")


class Recipe:
    """mini_emo with its folders below ``root``."""

    def __init__(self, root: Path, max_epoch: int = 1):
        self.root = root
        self.data, self.dump, self.exp = root / "data", root / "dump", root / "exp"
        write_configurations(root / "conf" / "tiny", max_epoch)

    def command(self, stage: int, stop_stage: int, **options) -> list[str]:
        folders = {f"{name}_dir": self.root / name for name in ("data", "dump", "exp")}
        options = {"conf_dir": self.root / "conf" / "tiny", "nj": 2, "num_threads": 1, **folders, **options}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        source = ["--", "--num_utts", str(NUM_UTTS), "--source_dir", str(self.root / "downloads")]
        return [str(RECIPE / "run.sh"), "--stage", str(stage), "--stop_stage", str(stop_stage), *words, *source]

    def run(self, stage: int, stop_stage: int, **options) -> subprocess.CompletedProcess:
        command = self.command(stage, stop_stage, **options)
        return subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=self.root)

    def passed(self, stage: int, stop_stage: int, **options) -> subprocess.CompletedProcess:
        done = self.run(stage, stop_stage, **options)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done

    def pass_stages(self, stage: int, stop_stage: int, **options) -> str:
        return self.passed(stage, stop_stage, **options).stdout


def stages_of(stdout: str) -> list[int]:
    return [int(number) for number in re.findall(r"^[\d:]{8} stage (\d+): (?!done)", stdout, re.MULTILINE)]


def digests(*directories: Path) -> dict[str, str]:
    """What is in the files below some folders, without logs and what jobs note to resume."""
    files = [path for directory in directories for path in sorted(directory.rglob("*")) if path.is_file()]
    kept = [path for path in files if not {"log", "split2"} & set(path.parts) and path.suffix != ".jsonl"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def assert_one_error(done: subprocess.CompletedProcess, *words: str) -> None:
    """Exit code 1 and a single line of error, no traceback; the words stand in stderr."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(re.findall(r"\berror: ", done.stderr)) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def running(*words: str) -> int | None:
    """The process whose command line has all words, or None."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if command[0].endswith("python") and all(any(word in part for part in command) for word in words):
            return int(process.name)
    return None


def kill_when(recipe: Recipe, ready, words: tuple[str, ...], stage: int, **options) -> int:
    """Runs one stage, kills its process of these words (see `running`) once ``ready()``; returns the exit code."""
    command = recipe.command(stage, stage, **options)
    with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as stages:
        deadline = time.monotonic() + 300
        while stages.poll() is None and time.monotonic() < deadline:
            if ready() and (pid := running(*words)):
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.02)
        return stages.wait()
