#!/usr/bin/env python3
"""Runs a command, or one command per job of JOB=1:N as a job array, on a Slurm cluster, and waits for its end.

    slurm.py [--config FILE] [--gpu N] [--num_threads N] [--mem G] [--time T] [--max_jobs N] [JOB=1:N] LOG COMMAND...

The contract is run.py's, which runs each job on its node and writes its log. FILE (conf/slurm.conf) says what the
options become for sbatch. Ctrl-C cancels what was submitted. The job script and what Slurm itself says are in LOG's
folder, in slurm/.
"""

import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from run import Job, interrupt, launcher_parser, parse_jobs, report, tail

RUN = Path(__file__).resolve().with_name("run.py")


def read_config(path: Path) -> list[tuple[str, str, list[str]]]:
    """Reads lines ``option NAME=VALUE WORDS...`` as (name, value, words); the value ``*`` stands for any.

    Raises ``ValueError`` with file and line where a line is anything else.
    """
    rules = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = shlex.split(line, comments=True)
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


def job_script(words: list[str], jobs_name: str | None, num_threads: int | None) -> str:
    """Returns the script of each task of the array: run.py, with this task's number as its only job."""
    run = [sys.executable, str(RUN), *([f"--num_threads={num_threads}"] if num_threads else [])]
    task = f"{jobs_name}=${{SLURM_ARRAY_TASK_ID}}:${{SLURM_ARRAY_TASK_ID}} " if jobs_name else ""
    return f"#!/bin/sh\nexec {shlex.join(run)} {task}{shlex.join(words)}\n"


def submit(command: list[str]) -> tuple[str, int]:
    """Runs ``sbatch --wait``, returns the job's id and sbatch's exit code; cancels the job if this program is ended."""
    sbatch = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    job_id = ""
    try:
        job_id = sbatch.stdout.readline().strip()
        return job_id, sbatch.wait()
    finally:
        if sbatch.poll() is None:
            job_id = job_id or sbatch.stdout.readline().strip()
            subprocess.run(["scancel", job_id])
            sbatch.terminate()


def has_succeeded(job: Job) -> bool:
    """True where a job's log ends with exit code 0: a job that Slurm ended has no such line."""
    return any(line.startswith("# Ended (code 0)") for line in tail(job.log)[-1:])


def main() -> None:
    parser = launcher_parser(__doc__)
    parser.add_argument("--config", type=Path, default=Path("conf/slurm.conf"), help="what options become for sbatch")
    parser.add_argument("--time", help="time limit of each job, as sbatch reads it")
    args = parser.parse_args()
    jobs, name = parse_jobs(parser, args.words)
    if shutil.which("sbatch") is None:
        sys.exit("slurm.py: there is no sbatch on this machine; use --cmd_backend local")
    try:
        rules = read_config(args.config)
        given = {name: getattr(args, name) for name in ("gpu", "num_threads", "mem", "time")}
        options = sbatch_options(rules, {name: str(value) for name, value in given.items() if value is not None})
    except (OSError, ValueError) as error:
        sys.exit(f"slurm.py: {error}")

    words = args.words[1:] if name else args.words
    log = Path(words[0])
    script, output = (log.parent / "slurm" / f"{log.stem}.{suffix}" for suffix in ("sh", "out"))
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(job_script(words, name, args.num_threads), encoding="utf-8", errors="surrogateescape")
    for path in [output, *(job.log for job in jobs)]:
        path.unlink(missing_ok=True)
    if name:
        at_once = f"%{args.max_jobs}" if args.max_jobs else ""
        options.append(f"--array={jobs[0].number}-{jobs[-1].number}{at_once}")
    options += [f"--job-name={log.stem}", "--open-mode=append", f"--output={str(output).replace('%', '%%')}"]

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    job_id, code = submit(["sbatch", "--wait", "--parsable", *options, str(script)])
    if not job_id:
        sys.exit("slurm.py: sbatch took no job; its message is above")
    if code != 0:
        report(f"slurm.py (job {job_id})", jobs, [job for job in jobs if not has_succeeded(job)], output)
        sys.exit(f"slurm.py: job {job_id}: sbatch ended with code {code}; see {output}")


if __name__ == "__main__":
    main()
