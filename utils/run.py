#!/usr/bin/env python3
"""Runs a command, or one command per job of JOB=1:N, on this machine.

    run.py [--gpu N] [--num_threads N] [--mem G] [--max_jobs N] [--retries N] [--append] [JOB=1:N] LOG COMMAND...

JOB is replaced by the job's number in LOG and COMMAND wherever it is a word of its own, as in x.JOB.log and split4/JOB;
JOBS and JOB_7 remain as they are, and any other name may be used instead of JOB. Each log records the command, host,
times, exit code and peak memory. If jobs fail, the others still finish; then the failed jobs are run again up to
--retries times, those that still fail are listed and the exit code is 1. SIGUSR1 is passed on to the jobs. A job that
ends with exit code 75 has saved its state to resume later: in Slurm it is requeued, elsewhere the exit code is 75. The
same holds for an srun that ends with 143 because Slurm preempts its job.
"""

import argparse
import ctypes
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

TAIL_LINES = 15
GRACE_SECONDS = 25  # Slurm gives 30 by default
TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: a training that saved its state and stopped
TERMINATED = 128 + signal.SIGTERM
PR_SET_PDEATHSIG = 1


class Job(NamedTuple):
    """One command, its log, and its number (None where the call has no JOB=1:N)."""

    number: int | None
    log: Path
    command: tuple[str, ...]


def launcher_parser(description: str) -> argparse.ArgumentParser:
    """Returns a parser of the options that all launchers share; ``words`` takes the remaining arguments."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--gpu", type=int, default=0, help="GPUs per job")
    parser.add_argument("--num_threads", type=int, help="CPU threads per job")
    parser.add_argument("--mem", help="memory per job in GB, used on clusters")
    parser.add_argument("--max_jobs", type=int, help="largest number of jobs that run at the same time")
    parser.add_argument("--retries", type=int, default=0, help="how many times failed jobs are run again")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="[JOB=1:N] LOG COMMAND...")
    return parser


def parse_jobs(parser: argparse.ArgumentParser, words: list[str]) -> tuple[list[Job], str | None]:
    """Returns the jobs of ``[JOB=1:N] LOG COMMAND...``, and the placeholder of their number, if there is one.

    Wrong usage ends the program with exit code 2.
    """
    job_range = re.fullmatch(r"([A-Za-z_]+)=(\d+):(\d+)", words[0]) if words else None
    words = words[1:] if job_range else words
    if len(words) < 2:
        parser.error("a log and a command are required")
    if job_range is None:
        return [Job(None, Path(words[0]), tuple(words[1:]))], None
    name, first, last = job_range[1], int(job_range[2]), int(job_range[3])
    if first > last:
        parser.error(f"{job_range[0]} has no jobs")
    placeholder = re.compile(rf"(?<!\w){name}(?!\w)")
    if not placeholder.search(words[0]):
        parser.error(f"the log '{words[0]}' must contain {name} as a word of its own, so that each job has its own log")
    jobs = []
    for number in range(first, last + 1):
        log, *command = (placeholder.sub(str(number), word) for word in words)
        jobs.append(Job(number, Path(log), tuple(command)))
    return jobs, name


@cache
def visible_gpus() -> list[str]:
    """Returns the GPUs that this process may use, as names for CUDA_VISIBLE_DEVICES."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return [gpu for gpu in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if gpu]
    devices = list(Path("/dev").glob("nvidia[0-9]*"))  # their numbers may start anywhere; CUDA counts from 0
    if not devices and shutil.which("nvidia-smi"):  # under WSL GPUs have no device files
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True)
        devices = listed.stdout.splitlines() if listed.returncode == 0 else []
    return [str(number) for number in range(len(devices))]


def slurm_job() -> str:
    """Returns the description of this process's Slurm job for the log; an empty string outside Slurm."""
    environment = os.environ
    if "SLURM_JOB_ID" not in environment:
        return ""
    job = environment["SLURM_JOB_ID"]
    if "SLURM_ARRAY_TASK_ID" in environment:
        job = f"{environment['SLURM_ARRAY_JOB_ID']}_{environment['SLURM_ARRAY_TASK_ID']}"
    restarts = restart_count()
    return f", job {job}" + (f", requeued {restarts} times" if restarts else "")


def restart_count() -> int:
    """Returns how many times Slurm has requeued this job."""
    return int(os.environ.get("SLURM_RESTART_COUNT", 0))


def die_with_launcher() -> None:
    """Asks Linux to kill this process when its parent ends, so that no job outlives a killed launcher.

    Processes that the job itself started are not affected.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(job: Job, gpus: list[str], *, num_threads: int | None, append: bool) -> subprocess.Popen | None:
    """Starts a job in a process group of its own, with its output in its log; ``append`` keeps the log's content.

    Returns None if its command cannot be started; the log has the reason.
    """
    environment = dict(os.environ)
    if num_threads:
        environment["OMP_NUM_THREADS"] = str(num_threads)
    if gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
    job.log.parent.mkdir(parents=True, exist_ok=True)
    if not append:
        job.log.write_text("")
    with open(job.log, "a", encoding="utf-8", errors="surrogateescape") as log:  # appended by several writers
        print(f"# {shlex.join(job.command)}", file=log)
        print(f"# Running on {socket.gethostname()}{slurm_job()}", file=log)
        print(f"# Started at {time.ctime()}\n#", file=log, flush=True)
        try:
            return subprocess.Popen(
                job.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                preexec_fn=die_with_launcher,
            )
        except OSError as error:
            print(f"cannot start {job.command[0]}: {error.strerror}", file=log)
            return None


def reap(process: subprocess.Popen) -> float | None:
    """Returns None while a process runs, then the peak memory in MB of the largest of its processes."""
    pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    if pid == 0:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 1024


def write_end(job: Job, code: int, seconds: float, memory: float | None = None) -> None:
    """Closes a log with the job's exit code; a negative one is the signal that ended it."""
    peak = "" if memory is None else f", peak memory {memory:.0f} MB"
    with open(job.log, "a", encoding="utf-8") as log:
        print(f"# Ended (code {code}) at {time.ctime()}, after {seconds:.0f} s{peak}", file=log)


def signal_all(processes: list[subprocess.Popen], sent: signal.Signals) -> None:
    """Sends a signal to jobs and all their descendants."""
    for process in processes:
        try:
            os.killpg(process.pid, sent)
        except ProcessLookupError:
            continue


def stop(processes: list[subprocess.Popen]) -> None:
    """Ends jobs and all their descendants: SIGTERM first, SIGKILL after the grace time."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        signal_all(processes, sent)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline and any(process.poll() is None for process in processes):
            time.sleep(0.02)


def run_jobs(
    jobs: list[Job], max_jobs: int, *, gpu: int, num_threads: int | None, append: bool = False
) -> dict[Job, int]:
    """Runs jobs, at most ``max_jobs`` at the same time, each with ``gpu`` GPUs of its own.

    Returns the exit codes of the jobs that failed.
    """
    free_gpus = list(visible_gpus()) if gpu else []
    waiting, running, failed = deque(jobs), {}, {}
    signal.signal(signal.SIGUSR1, lambda *_: signal_all(list(running), signal.SIGUSR1))
    try:
        while waiting or running:
            while waiting and len(running) < max_jobs and len(free_gpus) >= gpu:
                job = waiting.popleft()
                gpus = [free_gpus.pop(0) for _ in range(gpu)]
                with deferred_interrupts():
                    if process := start(job, gpus, num_threads=num_threads, append=append):
                        running[process] = (job, gpus, time.monotonic())
                if not process:
                    write_end(job, 127, 0)
                    failed[job] = 127
                    free_gpus += gpus
            for process in list(running):
                if (memory := reap(process)) is None:
                    continue
                job, gpus, started = running.pop(process)
                write_end(job, process.returncode, time.monotonic() - started, memory)
                free_gpus += gpus
                if process.returncode != 0:
                    failed[job] = process.returncode
            time.sleep(0.01)
    finally:
        stop(list(running))
        for process, (job, _, started) in running.items():
            write_end(job, process.wait(), time.monotonic() - started)
    return failed


def report(name: str, jobs: list[Job], failed: list[Job], *, messages: Sequence[str] = ()) -> None:
    """Ends the program with exit code 1 if jobs failed: prints messages, the end of the first failed log, the jobs."""
    if not failed:
        return
    for line in [*messages, *tail(failed[0].log)]:
        print(f"  {line}", file=sys.stderr)
    numbers = "" if failed[0].number is None else ": " + " ".join(str(job.number) for job in failed)
    sys.exit(f"{name}: {len(failed)} of {len(jobs)} jobs failed{numbers}; above are the last lines of {failed[0].log}")


def tail(path: Path) -> list[str]:
    """Returns the last lines of a log."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return [line.rstrip("\n") for line in deque(log, maxlen=TAIL_LINES)]
    except FileNotFoundError:
        return ["(there is no log: the job was not started)"]


def can_resume(job: Job, code: int) -> bool:
    """Returns True if a job that ended with this exit code has saved its state and stopped.

    When Slurm preempts a job with a grace time, it sends SIGTERM to the processes of srun, and not to this program.
    """
    return code == TRY_AGAIN or (code == TERMINATED and job.command[0] == "srun" and is_preempted())


def is_preempted() -> bool:
    """Returns True if Slurm has begun to preempt the job that this process is part of."""
    command = ["scontrol", "show", "job", os.environ.get("SLURM_JOB_ID", "")]
    shown = subprocess.run(command, capture_output=True, text=True).stdout
    return "PreemptTime=" in shown and "PreemptTime=None" not in shown


def requeue() -> None:
    """Requeues the Slurm job that this process is part of; does nothing outside Slurm."""
    if "SLURM_JOB_ID" in os.environ:
        subprocess.run(["scontrol", "requeue", os.environ["SLURM_JOB_ID"]])


def interrupt(signum: int, _frame: object) -> None:
    """Turns a signal into an exit, so that running jobs are ended first."""
    for repeated in (signal.SIGHUP, signal.SIGTERM):  # a terminal that closes, and a program around this one, send more
        signal.signal(repeated, signal.SIG_IGN)
    sys.exit(128 + signum)


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Delays signals that end the program to the end of the block, so that no process is started and then forgotten."""
    received = []
    handlers = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for signum, handler in handlers.items():
        if handler != signal.SIG_IGN:
            signal.signal(signum, lambda signum, _: received.append(signum))
    try:
        yield
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)
    for signum in received:
        signal.raise_signal(signum)


def main() -> None:
    parser = launcher_parser(__doc__)
    parser.add_argument("--append", action="store_true", help="keep the content of the logs")
    args = parser.parse_args()
    jobs, _ = parse_jobs(parser, args.words)
    if args.gpu and args.gpu > len(visible_gpus()):
        sys.exit(
            f"run.py: a job needs {args.gpu} GPUs, and this machine has {len(visible_gpus())}; "
            "lower --ngpu, use --cmd_backend slurm, or list them in CUDA_VISIBLE_DEVICES"
        )
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, interrupt)
    cores = len(os.sched_getaffinity(0))
    max_jobs = args.max_jobs or max(1, cores // (args.num_threads or 1))
    run = partial(run_jobs, max_jobs=max_jobs, gpu=args.gpu, num_threads=args.num_threads)
    try:
        failed = run(jobs, append=args.append or restart_count() > 0)
        for _ in range(args.retries):
            stopped = {job: code for job, code in failed.items() if can_resume(job, code)}
            crashed = [job for job in failed if job not in stopped]
            failed = stopped | (run(crashed, append=True) if crashed else {})
        if failed and all(can_resume(job, code) for job, code in failed.items()):
            print(f"run.py: stopped on request, to be resumed later: see {min(failed).log}", file=sys.stderr)
            requeue()
            sys.exit(TRY_AGAIN)
        report("run.py", jobs, sorted(failed))
    except OSError as error:
        sys.exit(f"run.py: {error.filename or 'a log'}: {error.strerror}")


if __name__ == "__main__":
    main()
