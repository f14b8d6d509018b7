#!/usr/bin/env python3
"""Locks a folder for a stage of a recipe, so that of several runs that would write there only one continues.

    hold.py [--shared] [--cmd_backend local|slurm] --stage N DESCRIPTOR FOLDER

DESCRIPTOR is FOLDER/.lock, opened by the calling shell. The lock belongs to the open file, which the shell shares: it
lasts until the shell closes the file or ends. Where locks do not exclude other machines, a file marks the folder, which
the shell deletes then; see marks.py. Jobs of an earlier run that are still in Slurm's queue hold the folder, too: with
--cmd_backend local it is an error if they wait or run, and the end of those that are about to end is awaited. With
slurm they are left to slurm.py, which cancels them. Ends with exit code 1 if the folder is held.
"""

import argparse
import fcntl
import shutil
import sys
import time
from pathlib import Path

from marks import Marked, locks_are_shared, mark
from slurm_queue import ENDING, WAITING_OR_RUNNING, QueueError, SlurmJob, queued_jobs


def lock(descriptor: int, folder: Path, *, shared: bool) -> bool:
    """Locks a file that is open in this process and in its parent; returns True if that excludes all other runs.

    Raises ``BlockingIOError`` if another run has a lock that excludes this one.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # some network file systems have no locks
        return False
    return locks_are_shared(folder)


def jobs_in(folder: Path, states: tuple[str, ...]) -> list[SlurmJob]:
    """Returns this user's jobs in some states whose scripts are below a folder; none if no Slurm answers."""
    if shutil.which("squeue") is None:
        return []
    try:
        return [job for job, script in queued_jobs(states) if folder.resolve() in script.parents]
    except QueueError:
        return []


def wait_for_end(folder: Path, stage: str) -> None:
    """Waits for the end of jobs that Slurm is about to end."""
    if ending := jobs_in(folder, ENDING):
        numbers = ", ".join(str(job) for job in ending)
        print(f"stage {stage}: waiting for the end of job {numbers}, of an earlier run", file=sys.stderr)
    while jobs_in(folder, ENDING):
        time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", action="store_true", help="to read there, as other runs may")
    parser.add_argument("--cmd_backend", choices=("local", "slurm"), default="local", help="that of the recipe")
    parser.add_argument("--stage", required=True, help="number of the stage, for messages")
    parser.add_argument("descriptor", type=int, help="FOLDER/.lock, opened by the caller")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    folder, error = args.folder, f"error: stage {args.stage}: "
    try:
        if not lock(args.descriptor, folder, shared=args.shared):
            mark(folder, shared=args.shared)
    except BlockingIOError:
        command = f"fuser -k -TERM '{folder.resolve() / '.lock'}'"
        remedy = f"wait for it, or end it, on the machine where it was started, by: {command}"
        sys.exit(f"{error}another run is at work in {folder}; {remedy}")
    except Marked as other:
        sys.exit(f"{error}another run is at work, on another machine; wait for it, or, if it has ended, delete {other}")
    except OSError as reason:  # such as a folder that may only be read
        print(f"warning: {folder}: {reason.strerror}; see that no other run works there", file=sys.stderr)
    if args.cmd_backend == "slurm":
        return
    if left := jobs_in(folder, WAITING_OR_RUNNING):
        numbers = " ".join(job.number for job in left)
        sys.exit(f"{error}Slurm still has jobs of an earlier run in {folder}; end them by: scancel {numbers}")
    wait_for_end(folder, args.stage)


if __name__ == "__main__":
    main()
