"""Jobs in Slurm's queue: reads the id that sbatch prints, lists and cancels jobs, of one cluster or of several."""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

WAITING_OR_RUNNING = ("PENDING", "CONFIGURING", "RUNNING", "SUSPENDED", "REQUEUED")
ENDING = ("COMPLETING",)


class QueueError(Exception):
    """Slurm does not answer; the text is its message."""


class SlurmJob(NamedTuple):
    """A job, or a whole array, and its cluster where Slurm names one."""

    number: str
    cluster: str = ""

    @property
    def words(self) -> list[str]:
        """The words that name this job to scancel."""
        return [*(["-M", self.cluster] if self.cluster else []), self.number]

    def __str__(self) -> str:
        return self.number + (f" on cluster {self.cluster}" if self.cluster else "")


def parse_job(line: str) -> SlurmJob | None:
    """Returns the job that a line of ``sbatch --parsable`` names, ``ID`` or ``ID;CLUSTER``; None for any other line."""
    found = re.fullmatch(r"(\d+)(?:;([\w.-]+))?", line.strip())
    return SlurmJob(found[1], found[2] or "") if found else None


def queued_jobs(states: tuple[str, ...], clusters: str = "") -> list[tuple[SlurmJob, Path]]:
    """Lists this user's jobs in some states, each with the path of its script; an array is listed once.

    Args:
        states: Slurm's names of states.
        clusters: names separated by commas; by default the cluster that squeue asks by itself.

    Raises:
        QueueError: squeue fails.
    """
    command = ["squeue", "--me", "--noheader", f"--states={','.join(states)}", "--format=%F %o"]
    command += [f"--clusters={clusters}"] if clusters else []
    listed = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape")
    if listed.returncode != 0:
        raise QueueError(listed.stderr.strip())
    jobs, cluster = {}, ""
    for line in listed.stdout.splitlines():
        first, _, rest = line.strip().partition(" ")
        if first == "CLUSTER:":  # heads the jobs of each of several clusters
            cluster = rest.strip()
        elif first:
            jobs[SlurmJob(first, cluster), Path(rest)] = None
    return sorted(jobs)


def cancel(job: SlurmJob, program: str) -> None:
    """Cancels a job, and prints whether Slurm accepted that."""
    done = subprocess.run(["scancel", *job.words], capture_output=True, text=True)
    if done.returncode == 0:
        print(f"{program}: cancelled job {job}", file=sys.stderr)
    else:
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        again = " ".join(["scancel", *job.words])
        print(f"{program}: could not cancel job {job}: {reason}; if it still runs, use: {again}", file=sys.stderr)
