"""Faults of storage: a bit that flips, a disk that is full, and folders that two runs share."""

import filecmp
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import ROOT, Bench, Fault, kill, processes, wait_for
from helpers.no_locks import no_locks
from helpers.recipes import environment

MACHINE = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "sh", "-euc"]
MACHINE += ['hostname "$0"; bindfs -o nonempty "$1" "$1"; shift; "$@"']


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
    return refused(bench, moment, "another run is at work in", [{}, {}])


def kill_without_locks(bench: Bench, moment: float) -> str:
    return kill(bench, 5, "extract_emotion2vec", moment, started=without_locks(bench))


def twice_without_locks(bench: Bench, moment: float) -> str:
    """As on a network file system whose flock fails."""
    return refused(bench, moment, "another run is at work in", [without_locks(bench)] * 2)


def on_two_machines(bench: Bench, moment: float) -> str:
    """Two host names, each with a FUSE mount: the locks are those of the mount, as on some network file systems."""
    runs = [{"machine": [*MACHINE, name, str(bench.recipe.root)]} for name in ("login1", "login2")]
    said = refused(bench, moment, "another run is at work, on another machine", runs)
    bench.rerun(5, **runs[1])
    return said


def without_locks(bench: Bench) -> dict[str, Any]:
    """Arguments of `Bench.start`."""
    return {"variables": {"PYTHONPATH": f"{no_locks(bench.folder / 'no_locks')}{os.pathsep}{ROOT}"}}


def refused(bench: Bench, moment: float, reason: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """Starts a stage while it runs: it has to be refused, and the first to go on."""
    bench.restore(5)
    first = bench.start(5, **runs[0])
    wait_for(lambda: processes("extract_emotion2vec", bench.folder))
    time.sleep(moment * bench.seconds[5] * 0.5)
    if bool(list(bench.recipe.dump.glob(".lock.*"))) != bool(runs[0]):
        raise Fault("there is a mark where locks do, or none where they do not")
    second = bench.start(5, **runs[1])
    said = second.communicate()[0]
    if second.returncode != 1 or reason not in said:
        raise Fault(f"the second was not refused (exit code {second.returncode}): {said.splitlines()[-1:]}")
    output = first.communicate()[0]
    if first.returncode != 0:
        raise Fault(f"the first failed: {output.splitlines()[-1:]}")
    bench.compare(5)
    return "refused"
