#!/usr/bin/env python3
"""Faults on purpose: stages of mini_emo are killed, cancelled and starved at different moments, and then run again.

    tests/faults/run.py [--repeats 10] [--work_dir DIR] [FAULT...]

Each fault is repeated so often, spread over the time that the stage takes. It has passed where the rerun succeeds and
every file of data, features, weights and answers has the bytes of a run that nothing disturbed. Prints a line a repeat
and a table; ends with exit code 1 where a repeat has not passed. Faults on Slurm need SLURM_CONF, see
tests/slurm/start.sh; "disk full" needs root.
"""

import argparse
import filecmp
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT))

from helpers.launchers import start_again  # noqa: E402
from helpers.recipes import Recipe, environment  # noqa: E402  its recipe has hardly any training

from c2ser.scoring.tables import markdown_table  # noqa: E402

COMPARED = ("wav.scp", "utt2*", "attributes", "*.ark", "*.scp", "explicit", "implicit", "text", "*.ave.pth", "*.flac")
MAX_EPOCH = 2


class Fault(Exception):
    """What is wrong after a rerun."""


class Bench:
    """A recipe, what it looked like before each stage, and how long each stage takes."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.recipe = Recipe(folder / "recipe", max_epoch=MAX_EPOCH)
        self.seconds: dict[int, float] = {}

    def prepare(self, last: int) -> None:
        """Runs stages 1 to ``last`` undisturbed and keeps what there is before and after each."""
        for stage in range(1, last + 1):
            self._keep(f"before{stage}")
            started = time.monotonic()
            self.recipe.pass_stages(stage, stage)
            self.seconds[stage] = time.monotonic() - started
            self._keep(f"after{stage}")
            print(f"stage {stage}: {self.seconds[stage]:.0f} s", flush=True)

    def _keep(self, name: str) -> None:
        shutil.copytree(self.recipe.root, self.folder / name, symlinks=True)

    def restore(self, stage: int) -> None:
        """Puts the recipe's folder back to what it was before a stage."""
        shutil.rmtree(self.recipe.root)
        shutil.copytree(self.folder / f"before{stage}", self.recipe.root, symlinks=True)

    def start(self, stage: int, **options) -> subprocess.Popen:
        command = self.recipe.command(stage, stage, **options)
        return subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder
        )

    def rerun(self, stage: int, **options) -> str:
        done = self.recipe.run(stage, stage, **options)
        if done.returncode != 0:
            raise Fault(f"the rerun failed: {done.stderr.splitlines()[-1:]}")
        return done.stdout

    def compare(self, stage: int) -> None:
        """Raises `Fault` where a file is missing or has other bytes than after the undisturbed stage."""
        expected = self.folder / f"after{stage}"
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
        if "python" in Path(command[0]).name and runs_program and any(str(folder) in word for word in command):
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


def kill(bench: Bench, stage: int, program: str, moment: float, cmd_backend: str = "local") -> str:
    """Kills a process of a running stage by SIGKILL after the given share of its time; runs the stage again."""
    bench.restore(stage)
    running = bench.start(stage, cmd_backend=cmd_backend)
    wait_for(lambda: processes(program, bench.folder))
    time.sleep(moment * bench.seconds[stage] * 0.7)
    victims = processes(program, bench.folder)
    for victim in victims[:1]:
        os.kill(victim, signal.SIGKILL)
    running.communicate()
    if not victims:  # it had ended before: earlier, then
        return kill(bench, stage, program, moment / 2, cmd_backend)
    if running.returncode == 0:
        raise Fault("the stage passed although a process was killed")
    bench.rerun(stage, cmd_backend=cmd_backend)
    bench.compare(stage)
    return f"exit code {running.returncode}"


def slurm_job(bench: Bench) -> str:
    """The id of the running job whose script is in the bench's folder."""
    listed = subprocess.run(["squeue", "-h", "--states=RUNNING", "--format=%A %o"], capture_output=True, text=True)
    return next((line.split()[0] for line in listed.stdout.splitlines() if str(bench.folder.resolve()) in line), "")


def scancel(bench: Bench, moment: float) -> str:
    bench.restore(4)
    running = bench.start(4, cmd_backend="slurm")
    job = wait_for(lambda: slurm_job(bench))
    time.sleep(moment * bench.seconds[4] * 0.7)
    subprocess.run(["scancel", job], check=True)
    code = (running.communicate(), running.returncode)[1]
    if code == 0:
        raise Fault("the stage passed although its job was cancelled")
    bench.rerun(4)
    bench.compare(4)
    return f"exit code {code}"


def requeue(bench: Bench, moment: float) -> str:
    """Nobody runs the stage again: the job goes on by itself."""
    bench.restore(4)
    running = bench.start(4, cmd_backend="slurm")
    job = wait_for(lambda: slurm_job(bench))
    time.sleep(moment * bench.seconds[4] * 0.7)
    subprocess.run(["scontrol", "requeue", job], check=True)
    start_again(job)
    output, code = running.communicate()[0], running.returncode
    if code != 0:
        raise Fault(f"exit code {code}: {output.splitlines()[-1:]}")
    bench.compare(4)
    return f"exit code {code}"


def corrupt_checkpoint(bench: Bench, moment: float) -> str:
    """Training is killed in its second epoch, and a bit of its checkpoint flipped: it has to say so and start over."""
    bench.restore(4)
    running = bench.start(4)
    folder = bench.recipe.exp / "emotion2vec_s_tiny"
    wait_for(lambda: (folder / "latest.pth").is_symlink())
    for victim in processes("emotion2vec_train", bench.folder):
        os.kill(victim, signal.SIGKILL)
    running.communicate()
    checkpoint = folder / "checkpoint.pth"
    if not checkpoint.exists():
        checkpoint = folder / "checkpoint.previous.pth"
    content = bytearray(checkpoint.read_bytes())
    content[int((0.05 + 0.9 * moment) * len(content))] ^= 1
    checkpoint.write_bytes(content)
    bench.rerun(4)
    if "corrupt" not in (folder / "train.log").read_text():
        raise Fault("the log does not say that the checkpoint is corrupt")
    bench.compare(4)
    return "said so"


def disk_full(bench: Bench, moment: float) -> str:
    """Features go to a file system that has room for a part of them."""
    bench.restore(5)
    model, data = bench.recipe.exp / "emotion2vec_s_tiny", bench.recipe.dump / "train"
    whole = bench.folder / "after5" / "dump" / "train"
    arks = sorted(whole.glob("emotion2vec_s.*.ark"))
    with tempfile.TemporaryDirectory(dir=bench.folder) as small:
        size = int(sum(ark.stat().st_size for ark in arks) * (0.1 + 0.8 * moment)) // 4096 * 4096
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", small], check=True)
        try:
            command = [sys.executable, "-m", "c2ser.bin.extract_emotion2vec", "--model", model, "--data_dir", data]
            command = [str(word) for word in [*command, "--output_dir", small]]
            full = subprocess.run(command, env=environment(), capture_output=True, text=True)
            if full.returncode != 1 or "No space left" not in full.stderr.splitlines()[-1]:
                raise Fault(f"exit code {full.returncode}: {full.stderr.splitlines()[-1:]}")
            if (Path(small) / "emotion2vec_s.scp").exists():
                raise Fault("there is an scp of features that are not whole")
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            subprocess.run(command, env=environment(), capture_output=True, check=True)
            undisturbed = bench.folder / "undisturbed"
            if not undisturbed.exists():
                subprocess.run([*command[:-1], str(undisturbed)], env=environment(), capture_output=True, check=True)
            if not filecmp.cmp(undisturbed / "emotion2vec_s.ark", Path(small) / "emotion2vec_s.ark", shallow=False):
                raise Fault("emotion2vec_s.ark has other bytes")
        finally:
            subprocess.run(["umount", small], check=True)
    return full.stderr.splitlines()[-1]


def twice_at_once(bench: Bench, moment: float) -> str:
    bench.restore(5)
    first = bench.start(5)
    wait_for(lambda: processes("extract_emotion2vec", bench.folder))
    time.sleep(moment * bench.seconds[5] * 0.5)
    second = bench.recipe.run(5, 5)
    if second.returncode != 1 or "another run is at work" not in second.stderr:
        raise Fault(f"the second was not refused (exit code {second.returncode})")
    output = first.communicate()[0]
    if first.returncode != 0:
        raise Fault(f"the first failed: {output.splitlines()[-1:]}")
    bench.compare(5)
    return "refused"


FAULTS: dict[str, tuple[int, Callable[[Bench, float], str]]] = {
    "SIGKILL of a worker, stage 2": (2, lambda bench, moment: kill(bench, 2, "extract_attributes", moment)),
    "SIGKILL of a worker, stage 5": (5, lambda bench, moment: kill(bench, 5, "extract_emotion2vec", moment)),
    "SIGKILL of a worker, stage 9": (9, lambda bench, moment: kill(bench, 9, "alm_inference", moment)),
    "SIGKILL of the launcher, stage 5": (5, lambda bench, moment: kill(bench, 5, "utils/run.py", moment)),
    "SIGKILL of the program around the launcher, stage 5": (
        5,
        lambda bench, moment: kill(bench, 5, "c2ser.bin.parallel_data_dir", moment),
    ),
    "SIGKILL of training, stage 4": (4, lambda bench, moment: kill(bench, 4, "emotion2vec_train", moment)),
    "SIGKILL of training, stage 8": (8, lambda bench, moment: kill(bench, 8, "alm_train", moment)),
    "corrupt checkpoint": (4, corrupt_checkpoint),
    "disk full": (5, disk_full),
    "two runs at once": (5, twice_at_once),
    "SIGKILL of Slurm's launcher, stage 5": (
        5,
        lambda bench, moment: kill(bench, 5, "utils/slurm.py", moment, "slurm"),
    ),
    "scancel": (4, scancel),
    "requeue": (4, requeue),
}
ON_SLURM = ("SIGKILL of Slurm's launcher, stage 5", "scancel", "requeue")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--work_dir", type=Path, help="a folder of its own, by default a temporary one")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of: {'; '.join(FAULTS)}")
    args = parser.parse_args()
    chosen = args.faults or [fault for fault in FAULTS if fault not in ON_SLURM or "SLURM_CONF" in os.environ]
    unknown = [fault for fault in chosen if fault not in FAULTS]
    if unknown:
        parser.error(f"unknown fault '{unknown[0]}'")
    with tempfile.TemporaryDirectory(dir=args.work_dir) as folder:
        bench = Bench(Path(folder))
        bench.prepare(max(FAULTS[fault][0] for fault in chosen))
        rows = [[fault, *repeat(bench, fault, args.repeats)] for fault in chosen]
    print(markdown_table(["fault", "repeats", "passed", "seconds each"], rows))
    sys.exit(any(row[1] != row[2] for row in rows))


def repeat(bench: Bench, fault: str, repeats: int) -> list[str]:
    """Repeats a fault at moments spread over its stage."""
    passed, started = 0, time.monotonic()
    for number in range(repeats):
        try:
            said = FAULTS[fault][1](bench, (number + 0.5) / repeats)
            passed += 1
        except Fault as reason:
            said = f"NOT PASSED: {reason}"
        print(f"{fault}, {number + 1}: {said}", flush=True)
    return [str(repeats), str(passed), f"{(time.monotonic() - started) / repeats:.0f}"]


if __name__ == "__main__":
    main()
