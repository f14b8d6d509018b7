"""Faults of Slurm: jobs that are cancelled or put back, and nodes that die."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import ROOT, Bench, Fault, processes, wait_for
from helpers.launchers import start_again

FOLDER = Path(os.environ.get("SLURM_CONF", "nowhere/slurm.conf")).parent  # of tests/slurm/start.sh
HAS_SLURM = "SLURM_CONF" in os.environ
HAS_NODES = (FOLDER / "network").exists()
NODE = ROOT / "tests" / "slurm" / "node.sh"


def jobs(bench: Bench, state: str, field: str) -> list[str]:
    """A field, a letter of squeue's formats, of the jobs in some state whose script is in the bench's folder."""
    words = ["squeue", "--noheader", "--array", f"--states={state}", f"--format=%{field} %o"]
    listed = subprocess.run(words, capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in listed if str(bench.folder.resolve()) in line]


def scancel(bench: Bench, moment: float) -> str:
    """A training's job is cancelled, and the stage run again."""
    bench.restore(4)
    running = bench.start(4, cmd_backend="slurm")
    (job,) = wait_for(lambda: jobs(bench, "RUNNING", "A"))
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
    (job,) = wait_for(lambda: jobs(bench, "RUNNING", "A"))
    time.sleep(moment * bench.seconds[4] * 0.7)
    subprocess.run(["scontrol", "requeue", job], check=True)
    start_again(job)
    output, code = running.communicate()[0], running.returncode
    if code != 0:
        raise Fault(f"exit code {code}: {output.splitlines()[-1:]}")
    bench.compare(4)
    return f"exit code {code}"


def node_dies(bench: Bench, stage: int, program: str, moment: float, *, requeued: bool = True, **options) -> str:
    """A node with a job of a running stage loses power.

    Slurm finds out and puts the job back, and nobody runs the stage again, unless jobs of the cluster are not put back.
    """
    reference = {**options, "cmd_backend": "slurm"} if options else {}
    bench.undisturbed(stage, **reference)
    bench.restore(stage)
    variables = {} if requeued else {"SBATCH_NO_REQUEUE": "1"}
    running = bench.start(stage, variables=variables, cmd_backend="slurm", **options)
    wait_for(lambda: processes(program, bench.folder))
    time.sleep(moment * bench.seconds[stage] * 0.7)
    wait_for(lambda: running.poll() is not None or (processes(program, bench.folder) and jobs(bench, "RUNNING", "N")))
    nodes = hosts(jobs(bench, "RUNNING", "N"))
    if not nodes:
        running.communicate()
        disturbed = False
    else:
        with power_cut(nodes[int(10 * moment) % len(nodes)]) as node:
            output = followed(bench, running)
            disturbed = running.returncode != 0 or was_requeued(bench)
            if disturbed and not requeued:
                bench.rerun(stage, cmd_backend="slurm", **options)
    if not disturbed:  # the job had ended before: earlier, then
        return node_dies(bench, stage, program, moment / 2, requeued=requeued, **options)
    if (running.returncode == 0) != requeued:
        raise Fault(f"exit code {running.returncode}: {output.splitlines()[-1:]}")
    bench.compare(stage, **reference)
    return f"{node} died, exit code {running.returncode}"


def was_requeued(bench: Bench) -> bool:
    """Whether a log tells of a job that was put back."""
    logs = bench.recipe.root.rglob("*.log")
    return any(", requeued " in log.read_text(encoding="utf-8", errors="replace") for log in logs)


def hosts(lists: list[str]) -> list[str]:
    """The nodes of Slurm's lists of nodes, such as node[1-2]."""
    words = ["scontrol", "show", "hostnames", ",".join(lists)]
    return subprocess.run(words, capture_output=True, text=True).stdout.split() if lists else []


@contextmanager
def power_cut(node: str) -> Iterator[str]:
    """Kills a node without warning, and starts it again at the end, when Slurm is to take it back."""
    number = node.removeprefix("node")
    subprocess.run([NODE, "kill", FOLDER, number], check=True)
    try:
        yield node
    finally:
        subprocess.run([NODE, "start", FOLDER, number], check=True)
        words = ["sinfo", "--noheader", "--format=%t", "--partition=cpu", f"--nodes={node}"]
        wait_for(lambda: subprocess.run(words, capture_output=True, text=True).stdout.strip() == "idle")


def followed(bench: Bench, running: subprocess.Popen) -> str:
    """Waits for the end of a stage; jobs that were put back start soon, where Slurm lets two minutes pass."""
    hastened = set()
    while True:
        try:
            return running.communicate(timeout=1)[0]
        except subprocess.TimeoutExpired:
            for job, why in zip(jobs(bench, "PENDING", "i"), jobs(bench, "PENDING", "r")):
                if why == "BeginTime" and job not in hastened:
                    hastened.add(job)
                    subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now+2"], capture_output=True)
