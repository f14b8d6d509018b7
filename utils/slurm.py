#!/usr/bin/env python3
"""Runs a command, or one command per job of JOB=1:N as a job array, on a Slurm cluster, and waits for its end.

    slurm.py [--config FILE] [--gpu N] [--num_nodes N] [--num_threads N] [--mem G] [--time T] [--requeue]
             [--max_jobs N] [--retries N] [JOB=1:N] LOG COMMAND...

The contract is run.py's, which runs each job on its node and writes its log. FILE (conf/slurm.conf) says what the
options become for sbatch. With --num_nodes the command runs as a process for each GPU, or for each node without GPUs,
numbered by RANK, LOCAL_RANK and WORLD_SIZE, with MASTER_ADDR and MASTER_PORT to meet at. Ctrl-C cancels what was
submitted; what a killed call left running is cancelled by the next one with the same log. The job script and what Slurm
itself says are in LOG's folder, in slurm/. A job has succeeded where its log says so: to Slurm one that was cancelled
while it waited is no failure.
"""

import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path

from run import Job, interrupt, launcher_parser, parse_jobs, report, tail

RUN = Path(__file__).resolve().with_name("run.py")
MEETING_POINT = """#!/bin/sh
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
MASTER_PORT=$((10000 + SLURM_JOB_ID % 20000))  # below the ports that systems give away by themselves
export MASTER_ADDR MASTER_PORT
"""
NUMBERED = 'RANK=$SLURM_PROCID WORLD_SIZE=$SLURM_NTASKS LOCAL_RANK=$SLURM_LOCALID exec "$@"'


def read_config(path: Path) -> list[tuple[str, str, list[str]]]:
    """Reads lines ``option NAME=VALUE WORDS...`` as (name, value, words); the value ``*`` stands for any.

    Raises ``ValueError`` with file and line where a line is anything else.
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
    """Returns sbatch's words for ``options``: for each, the first rule of its name and value, with $0 its value.

    Raises ``ValueError`` where there is no such rule.
    """
    words = []
    for name, value in options.items():
        for rule_name, rule_value, rule_words in rules:
            if rule_name == name and rule_value in (value, "*"):
                words += [word.replace("$0", value) for word in rule_words]
                break
        else:
            raise ValueError(f"no line 'option {name}=*' says what --{name} {value} becomes for sbatch")
    return words


def job_script(words: list[str], jobs_name: str | None, args: Namespace, append: bool) -> str:
    """Returns the script of each task of the array: run.py, with this task's number as its only job.

    ``append`` keeps what an earlier attempt wrote into the logs.
    """
    run = [sys.executable, str(RUN), *([f"--num_threads={args.num_threads}"] if args.num_threads else [])]
    run += ["--append"] if append else []
    task = f"{jobs_name}=${{SLURM_ARRAY_TASK_ID}}:${{SLURM_ARRAY_TASK_ID}} " if jobs_name else ""
    log, *command = words
    if not args.num_nodes:
        return f"#!/bin/sh\nexec {shlex.join(run)} {task}{shlex.join(words)}\n"
    srun = ["srun", "--kill-on-bad-exit=1"]
    srun += [f"--cpus-per-task={args.num_threads}"] if args.num_threads else []  # not all srun take over the job's
    return MEETING_POINT + f"exec {shlex.join([*run, log, *srun, 'sh', '-c', NUMBERED, 'sh', *command])}\n"


def submit(command: list[str]) -> tuple[str, int]:
    """Runs ``sbatch --wait``, returns the job's id and sbatch's exit code; cancels the job if this program is ended."""
    sbatch = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    job_id = ""
    try:
        job_id = sbatch.stdout.readline().strip()
        if job_id:
            print(f"slurm.py: submitted job {job_id}; squeue --job {job_id} shows where it is", file=sys.stderr)
        return job_id, sbatch.wait()
    finally:
        if sbatch.poll() is None:
            job_id = job_id or sbatch.stdout.readline().strip()
            subprocess.run(["scancel", job_id])
            print(f"slurm.py: cancelled job {job_id}", file=sys.stderr)
            sbatch.terminate()


def cancel_leftovers(script: Path) -> None:
    """Cancels what an earlier call with the same script left behind when it was killed, and waits until it is gone."""
    for job_id in queued_jobs(script):
        print(f"slurm.py: job {job_id} of an earlier call is still there; cancelling it", file=sys.stderr)
        subprocess.run(["scancel", job_id])
    while queued_jobs(script):
        time.sleep(1)


def queued_jobs(script: Path) -> list[str]:
    """Returns the ids of this user's jobs that wait, run or end just now and have this script, a whole path.

    Ends the program where Slurm does not tell: two jobs of one script would disturb each other.
    """
    states = "PENDING,RUNNING,SUSPENDED,COMPLETING,CONFIGURING,REQUEUED"
    command = ["squeue", "--me", "--noheader", f"--states={states}", "--format=%F %o"]
    listed = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape")
    if listed.returncode != 0:
        sys.exit(f"slurm.py: squeue does not tell whether jobs of an earlier call are left: {listed.stderr.strip()}")
    jobs = (line.strip().split(" ", 1) for line in listed.stdout.splitlines())
    return sorted({job_id for job_id, *command in jobs if command == [str(script)]})


def has_succeeded(job: Job) -> bool:
    """True where a job's log ends with exit code 0: a job that Slurm ended has no such line."""
    try:
        log = job.log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # the job was not started
        return False
    moments = re.findall(r"^# Started at|# Ended \(code -?\d+\)", log, re.MULTILINE)
    return bool(moments) and moments[-1] == "# Ended (code 0)"


def said_by_slurm(output: Path) -> list[str]:
    """Returns the last lines of what a job printed, without what run.py says of the log."""
    return [line for line in tail(output) if not line.startswith(("  ", "run.py: "))]


def see_files_of_other_nodes(folder: Path) -> None:
    """Changes a folder, so that a network file system forgets what it remembers of it."""
    with tempfile.NamedTemporaryFile(dir=folder):
        pass


def config_options(args: Namespace) -> list[str]:
    """Returns sbatch's words for this call's options; ends the program where the configuration lacks one."""
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


def run_jobs(
    args: Namespace, jobs: list[Job], name: str | None, options: list[str], script: Path, output: Path
) -> None:
    """Submits jobs, and those that fail again; ends the program with exit code 1 where some are left."""
    words = args.words[1:] if name else args.words
    at_once = f"%{args.max_jobs}" if args.max_jobs else ""
    left = jobs
    for attempt in range(args.retries + 1):
        script.write_text(job_script(words, name, args, append=attempt > 0), encoding="utf-8", errors="surrogateescape")
        array = [f"--array={','.join(str(job.number) for job in left)}{at_once}"] if name else []
        job_id, code = submit(["sbatch", "--wait", "--parsable", *options, *array, str(script)])
        if not job_id:
            sys.exit(
                f"slurm.py: sbatch took no job; its message is above, its options are from {args.config} and cmd.sh"
            )
        for folder in {job.log.parent for job in left if job.log.parent.exists()}:
            see_files_of_other_nodes(folder)
        left = [job for job in left if not has_succeeded(job)]
        if not left:
            break
    report(f"slurm.py (job {job_id})", jobs, left, said_by_slurm(output))
    if code != 0:
        sys.exit(f"slurm.py: job {job_id}: sbatch ended with code {code}; see {output}")


def main() -> None:
    parser = launcher_parser(__doc__)
    parser.add_argument("--config", type=Path, default=Path("conf/slurm.conf"), help="what options become for sbatch")
    parser.add_argument("--time", help="time limit of each job, as sbatch reads it")
    parser.add_argument("--num_nodes", type=int, help="nodes of a command of several processes")
    parser.add_argument("--requeue", action="store_true", help="the command goes on where it was stopped")
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
        cancel_leftovers(script)
        for path in [output, *(job.log for job in jobs)]:
            if path.is_file():
                path.unlink()
        options += [f"--job-name={log.stem}", "--open-mode=append", f"--output={str(output).replace('%', '%%')}"]
        run_jobs(args, jobs, name, options, script, output)
    except OSError as error:
        sys.exit(f"slurm.py: {error.filename or script}: {error.strerror}")


if __name__ == "__main__":
    main()
