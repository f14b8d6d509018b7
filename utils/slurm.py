#!/usr/bin/env python3
"""Runs a command, or one command per job of JOB=1:N as a job array, on a Slurm cluster, and waits for its end.

    slurm.py [--config FILE] [--gpu N] [--num_nodes N] [--num_threads N] [--mem G] [--time T] [--requeue]
             [--max_jobs N] [--retries N] [JOB=1:N] LOG COMMAND...

The contract is that of run.py, which runs each job on its node and writes its log. FILE (conf/slurm.conf) maps the
options to sbatch's. With --num_nodes the command runs as one process per GPU, or per node without GPUs, numbered by
RANK, LOCAL_RANK and WORLD_SIZE, which meet at MASTER_ADDR and MASTER_PORT. Ctrl-C cancels the submitted job; jobs that
a killed call left running are cancelled by the next call with the same log. The job script and Slurm's own output are
in slurm/ beside LOG. A job has succeeded if its log says so: Slurm does not count a job that was cancelled while it
waited as failed.
"""

import argparse
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from argparse import Namespace
from pathlib import Path
from typing import TextIO

from run import Job, deferred_interrupts, interrupt, launcher_parser, parse_jobs, report, tail
from slurm_queue import ENDING, WAITING_OR_RUNNING, QueueError, SlurmJob, cancel, parse_job, queued_jobs

POLLING_SECONDS = 1
RUN = Path(__file__).resolve().with_name("run.py")
MEETING_POINT = """#!/bin/sh
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
MASTER_PORT=$((10000 + SLURM_JOB_ID % 20000))  # below the range of ephemeral ports
export MASTER_ADDR MASTER_PORT
"""
NUMBERED = 'RANK=$SLURM_PROCID WORLD_SIZE=$SLURM_NTASKS LOCAL_RANK=$SLURM_LOCALID exec "$@"'


def read_config(path: Path) -> list[tuple[str, str, list[str]]]:
    """Reads lines ``option NAME=VALUE WORDS...`` as (name, value, words); the value ``*`` matches any value.

    Raises ``ValueError`` with file and line if a line has another form.
    """
    rules = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:  # a quote that is not closed
            raise ValueError(f"{path}:{number}: {error}") from None
        if not words:
            continue
        if words[0] != "option" or len(words) < 2 or "=" not in words[1]:
            raise ValueError(f"{path}:{number}: '{line}' is not 'option NAME=VALUE WORDS...'")
        name, _, value = words[1].partition("=")
        rules.append((name, value, words[2:]))
    return rules


def sbatch_options(rules: list[tuple[str, str, list[str]]], options: dict[str, str]) -> list[str]:
    """Returns sbatch's words for ``options``: those of the first matching rule per option, with $0 as its value.

    Raises ``ValueError`` if there is no such rule.
    """
    words = []
    for name, value in options.items():
        for rule_name, rule_value, rule_words in rules:
            if rule_name == name and rule_value in (value, "*"):
                words += [word.replace("$0", value) for word in rule_words]
                break
        else:
            raise ValueError(f"no line 'option {name}=*' maps --{name} {value} to sbatch's options")
    return words


def job_script(words: list[str], placeholder: str | None, *, args: Namespace, append: bool) -> str:
    """Returns the script of each task of the array: run.py, with this task's number as its only job.

    ``append`` keeps the logs of an earlier attempt.
    """
    run = [sys.executable, str(RUN), *([f"--num_threads={args.num_threads}"] if args.num_threads else [])]
    run += ["--append"] if append else []
    task = f"{placeholder}=${{SLURM_ARRAY_TASK_ID}}:${{SLURM_ARRAY_TASK_ID}} " if placeholder else ""
    log, *command = words
    if not args.num_nodes:
        return f"#!/bin/sh\nexec {shlex.join(run)} {task}{shlex.join(words)}\n"
    srun = ["srun", "--kill-on-bad-exit=1"]
    srun += [f"--cpus-per-task={args.num_threads}"] if args.num_threads else []  # some versions of srun need it
    return MEETING_POINT + f"exec {shlex.join([*run, log, *srun, 'sh', '-c', NUMBERED, 'sh', *command])}\n"


def submit(command: list[str], jobs: list[Job]) -> tuple[SlurmJob | None, int]:
    """Runs ``sbatch --wait --parsable``; returns the job and sbatch's exit code. Cancels the job if interrupted.

    It returns as soon as the logs of all ``jobs`` say that they succeeded, with code 0: sbatch asks Slurm ever less
    often, and learns of the end up to half a minute late.
    """
    options = {"stdout": subprocess.PIPE, "text": True, "errors": "replace", "start_new_session": True}
    running, sbatch = list(jobs), None
    try:
        with deferred_interrupts():
            sbatch = subprocess.Popen(command, **options)
            submission = Submission(sbatch.stdout)
            submission.start()
        while running:
            try:
                code = sbatch.wait(timeout=POLLING_SECONDS)
                submission.join()
                return submission.job, code
            except subprocess.TimeoutExpired:
                while submission.job and running and has_succeeded(running[-1]):
                    running.pop()
        return submission.job, 0
    finally:
        if sbatch:
            if running and sbatch.poll() is None:
                submission.known.wait()
                if submission.job:
                    cancel(submission.job, "slurm.py")
            sbatch.kill()


class Submission(threading.Thread):
    """Passes on what sbatch prints, and finds the job in it.

    Sites wrap sbatch in programs that print messages of their own: the job is the last line with nothing but an id.
    """

    def __init__(self, lines: TextIO):
        super().__init__(daemon=True)
        self.job: SlurmJob | None = None
        self.known = threading.Event()
        self._lines = lines

    def run(self) -> None:
        for line in self._lines:
            if job := parse_job(line):
                self.job = job
                self.known.set()
                line = f"slurm.py: submitted job {job}; {watch_command(job)} shows its state\n"
            print(line, end="", file=sys.stderr)
        self.known.set()


def watch_command(job: SlurmJob) -> str:
    """Returns the command that shows where a job is in the queue."""
    return f"squeue {f'-M {job.cluster} ' if job.cluster else ''}--job {job.number}"


def cancel_leftovers(script: Path, options: list[str]) -> None:
    """Cancels jobs that an earlier, killed call with the same script left behind, and waits until they have ended.

    ``options`` are sbatch's, which may name the clusters that jobs go to.
    """
    clusters = chosen_clusters(options)
    for job in jobs_of(script, clusters):
        print(f"slurm.py: job {job} of an earlier call is still there; cancelling it", file=sys.stderr)
        cancel(job, "slurm.py")
    while jobs_of(script, clusters):
        time.sleep(1)


def chosen_clusters(options: list[str]) -> str:
    """Returns the clusters that sbatch's options name, separated by commas."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-M", "--clusters", "--cluster", dest="clusters", default="")
    return parser.parse_known_args(options)[0].clusters


def jobs_of(script: Path, clusters: str) -> list[SlurmJob]:
    """Returns this user's jobs that wait, run or are about to end and have this script, an absolute path.

    Ends the program if Slurm does not answer: two jobs of one script would disturb each other.
    """
    try:
        return [job for job, path in queued_jobs(WAITING_OR_RUNNING + ENDING, clusters) if path == script]
    except QueueError as error:
        sys.exit(f"slurm.py: squeue does not tell whether jobs of an earlier call are left: {error}")


def has_succeeded(job: Job) -> bool:
    """Returns True if a job's log ends with exit code 0: the log of a job that Slurm ended has no such line."""
    try:
        log = job.log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # the job was not started
        return False
    moments = re.findall(r"^# Started at|# Ended \(code -?\d+\)", log, re.MULTILINE)
    return bool(moments) and moments[-1] == "# Ended (code 0)"


def slurm_messages(output: Path) -> list[str]:
    """Returns the last lines of a job's output, without those of run.py, which repeat the log."""
    return [line for line in tail(output) if not line.startswith(("  ", "run.py: "))]


def refresh_folder(folder: Path) -> None:
    """Changes a folder, so that a network file system drops its cached list of files."""
    with tempfile.NamedTemporaryFile(dir=folder):
        pass


def config_options(args: Namespace) -> list[str]:
    """Returns sbatch's words for this call's options; ends the program if the configuration lacks one."""
    given = {name: getattr(args, name) for name in ("gpu", "num_nodes", "num_threads", "mem", "time")}
    given["requeue"] = "true" if args.requeue else None
    known = {name: str(value) for name, value in given.items() if value is not None}
    try:
        rules = read_config(args.config)
    except ValueError as error:
        sys.exit(f"slurm.py: {error}")
    try:
        options = sbatch_options(rules, known)
    except ValueError as error:
        sys.exit(f"slurm.py: {args.config}: {error}")
    return [*options, f"--ntasks-per-node={args.gpu}"] if args.num_nodes and args.gpu else options


def run_jobs(args: Namespace, jobs: list[Job], *, options: list[str], script: Path, output: Path) -> None:
    """Submits jobs, and again those that fail; ends the program with exit code 1 if some still fail."""
    is_array = jobs[0].number is not None
    placeholder, words = (args.words[0].partition("=")[0], args.words[1:]) if is_array else (None, args.words)
    limit = f"%{args.max_jobs}" if args.max_jobs else ""
    left = jobs
    for attempt in range(args.retries + 1):
        content = job_script(words, placeholder, args=args, append=attempt > 0)
        script.write_text(content, encoding="utf-8", errors="surrogateescape")
        array = [f"--array={','.join(str(job.number) for job in left)}{limit}"] if placeholder else []
        submitted, code = submit(["sbatch", "--wait", "--parsable", *options, *array, str(script)], left)
        if not submitted:
            sys.exit(
                f"slurm.py: sbatch took no job; its message is above, its options are from {args.config} and cmd.sh"
            )
        for folder in {job.log.parent for job in left if job.log.parent.exists()}:
            refresh_folder(folder)
        left = [job for job in left if not has_succeeded(job)]
        if not left:
            break
    report(f"slurm.py (job {submitted})", jobs, left, messages=slurm_messages(output))
    if code != 0:
        sys.exit(f"slurm.py: job {submitted}: sbatch ended with code {code}; see {output}")


def main() -> None:
    parser = launcher_parser(__doc__)
    parser.add_argument("--config", type=Path, default=Path("conf/slurm.conf"), help="maps options to those of sbatch")
    parser.add_argument("--time", help="time limit per job, in sbatch's format")
    parser.add_argument("--num_nodes", type=int, help="nodes of a command of several processes")
    parser.add_argument("--requeue", action="store_true", help="the command can resume after an interruption")
    args = parser.parse_args()
    jobs, name = parse_jobs(parser, args.words)
    if name and args.num_nodes:
        parser.error(f"--num_nodes is for one command, not for {name}={jobs[0].number}:{jobs[-1].number}")
    if shutil.which("sbatch") is None:
        sys.exit("slurm.py: there is no sbatch on this machine; use --cmd_backend local")
    log = Path(args.words[1 if name else 0])
    script, output = (log.parent.resolve() / "slurm" / f"{log.stem}.{suffix}" for suffix in ("sh", "out"))
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        options = config_options(args)
        script.parent.mkdir(parents=True, exist_ok=True)
        cancel_leftovers(script, options)
        for path in [output, *(job.log for job in jobs)]:
            if path.is_file():
                path.unlink()
        options += [f"--job-name={log.stem}", "--open-mode=append", f"--output={str(output).replace('%', '%%')}"]
        run_jobs(args, jobs, options=options, script=script, output=output)
    except OSError as error:
        sys.exit(f"slurm.py: {error.filename or script}: {error.strerror}")


if __name__ == "__main__":
    main()
