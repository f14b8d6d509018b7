"""Both launchers: run.py, and slurm.py where a Slurm answers."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from helpers.launchers import (
    RUN,
    SLURM,
    call,
    is_running,
    launchers,
    needs_slurm,
    wait_for,
)


@launchers
def test_words_reach_the_command_as_they_are(launcher, tmp_path):
    words = ["a b", "c'd", 'e"f', "$HOME", "*", "\\", "情感 é", "", "x;y|z&", "100%"]
    code = "import json, sys; json.dump(sys.argv[2:], open(sys.argv[1], 'w'))"
    log = tmp_path / "a folder é" / "it's a log.txt"
    done = call([*launcher, log, sys.executable, "-c", code, tmp_path / "words.json", *words])
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "words.json").read_text()) == words


@launchers
def test_each_job_has_its_number_and_log(launcher, tmp_path):
    done = call([*launcher, "JOB=2:4", tmp_path / "log/x.JOB.log", "sh", "-c", "echo this is JOB; echo and JOB >&2"])
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "log").glob("*.log")) == ["x.2.log", "x.3.log", "x.4.log"]
    for number in (2, 3, 4):
        log = (tmp_path / f"log/x.{number}.log").read_text()
        assert log.startswith(f"# sh -c 'echo this is {number}; echo and {number} >&2'\n# Running on ")
        assert f"\nthis is {number}\nand {number}\n# Ended (code 0) at " in log


@launchers
def test_only_the_whole_placeholder_is_replaced(launcher, tmp_path):
    folder = tmp_path / "JOBS" / "JOB_12345" / "MYJOB"
    done = call(
        [*launcher, "JOB=1:1", folder / "x.JOB.log", "sh", "-c", "echo JOB JOBS JOB_1 aJOB split4/JOB $1", "", folder]
    )
    assert done.returncode == 0, done.stderr
    assert f"\n1 JOBS JOB_1 aJOB split4/1 {folder}\n" in (folder / "x.1.log").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["JOBS"]


@launchers
def test_a_failed_job_is_named_with_its_last_lines_and_the_others_finish(launcher, tmp_path):
    script = "echo before; test JOB != 2 || { echo the reason >&2; exit 3; }"
    done = call([*launcher, "JOB=1:3", tmp_path / "JOB.log", "sh", "-c", script])
    assert done.returncode == 1
    assert "the reason" in done.stderr and "(code 3)" in done.stderr
    assert "1 of 3 jobs failed: 2; " in done.stderr.splitlines()[-1] and done.stderr.count("\n  the reason\n") == 1
    assert "(code 0)" in (tmp_path / "3.log").read_text()
    assert "Traceback" not in done.stderr


@launchers
def test_a_command_that_is_not_there(launcher, tmp_path):
    done = call([*launcher, tmp_path / "x.log", "no-such-command", "1"])
    assert done.returncode == 1
    assert "cannot start no-such-command" in done.stderr and "Traceback" not in done.stderr


@launchers
def test_failed_jobs_alone_are_run_again(launcher, tmp_path):
    """Job 2 succeeds the second time, job 3 never."""
    script = "echo run >> JOB.runs; test JOB != 3 && { test JOB != 2 || [ $(wc -l < 2.runs) -ge 2 ]; }"
    done = call([*launcher, "--retries", "2", "JOB=1:3", tmp_path / "JOB.log", "sh", "-c", script], cwd=tmp_path)
    assert done.returncode == 1 and "jobs failed: 3; " in done.stderr.splitlines()[-1]
    assert [len((tmp_path / f"{number}.runs").read_text().split()) for number in (1, 2, 3)] == [1, 2, 3]
    assert [(tmp_path / f"{number}.log").read_text().count("# Ended") for number in (1, 2, 3)] == [1, 2, 3]


@launchers
def test_logs_tell_the_peak_memory(launcher, tmp_path):
    command = [sys.executable, "-c", "b = bytearray(300_000_000)"]
    assert call([*launcher, tmp_path / "x.log", *command]).returncode == 0
    peak = int(re.search(r"peak memory (\d+) MB$", (tmp_path / "x.log").read_text().splitlines()[-1])[1])
    assert 290 < peak < 400


def test_jobs_die_with_a_killed_launcher(tmp_path):
    script = "echo $$ >JOB.part; mv JOB.part JOB.pid; exec sleep 300"
    process = subprocess.Popen(
        [*RUN, "--max_jobs", "2", "JOB=1:2", tmp_path / "JOB.log", "sh", "-c", script], cwd=tmp_path
    )
    pid_files = [tmp_path / "1.pid", tmp_path / "2.pid"]
    wait_for(lambda: all(path.exists() for path in pid_files))
    process.kill()
    wait_for(lambda: not any(is_running(int(path.read_text())) for path in pid_files))


def test_a_job_that_wants_to_go_on_later_says_so_by_its_exit_code(tmp_path):
    code = "from signal import *; signal(SIGUSR1, lambda *_: exit(75)); print(1, flush=True); pause()"
    process = subprocess.Popen([*RUN, tmp_path / "x.log", sys.executable, "-c", code])
    wait_for(lambda: (tmp_path / "x.log").exists() and "\n1\n" in (tmp_path / "x.log").read_text())
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=120) == 75


@launchers
def test_num_threads_reaches_the_job(launcher, tmp_path):
    assert (
        call([*launcher, "--num_threads", "1", tmp_path / "x.log", "sh", "-c", "echo $OMP_NUM_THREADS"]).returncode == 0
    )
    assert "\n1\n" in (tmp_path / "x.log").read_text()


@pytest.mark.parametrize(
    ("launcher", "sent"),
    [
        *((RUN, sent) for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)),
        *(pytest.param(SLURM, sent, marks=needs_slurm) for sent in (signal.SIGINT, signal.SIGTERM)),
    ],
)
def test_an_interrupt_ends_what_was_started(launcher, sent, tmp_path):
    script = "sleep 300 & echo $! >JOB.part; mv JOB.part JOB.pid; wait"
    process = subprocess.Popen(
        [*launcher, "JOB=1:2", tmp_path / "JOB.log", "sh", "-c", script],
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # these tests may be run by nohup
    )
    pid_file = tmp_path / "1.pid"
    wait_for(pid_file.exists)
    process.send_signal(sent)
    assert process.wait(timeout=180) == 128 + sent
    wait_for(lambda: not is_running(int(pid_file.read_text())))


@pytest.mark.parametrize(
    "words",
    [[], ["x.log"], ["JOB=1:2", "x.log", "true"], ["JOB=3:1", "JOB.log", "true"], ["--gpus", "1", "x.log", "true"]],
)
def test_wrong_usage(words, tmp_path):
    done = call([*RUN, *words], cwd=tmp_path)
    assert done.returncode == 2
    assert "error: " in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@launchers
def test_a_log_that_cannot_be_written(launcher, tmp_path):
    (tmp_path / "file").touch()
    done = call([*launcher, tmp_path / "file/x.log", "true"])
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_disk_without_room_for_a_log():
    done = call([*RUN, "/dev/full", "true"])
    assert done.returncode == 1
    assert "No space left" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("max_jobs", "most"), [(1, 1), (3, 3)])
def test_so_many_jobs_run_at_once(max_jobs, most, tmp_path):
    script = "touch JOB.now; ls | grep -c now >JOB.count; sleep 0.3; rm JOB.now"
    assert (
        call([*RUN, "--max_jobs", max_jobs, "JOB=1:6", "log/JOB.log", "sh", "-c", script], cwd=tmp_path).returncode == 0
    )
    assert max(int(path.read_text()) for path in tmp_path.glob("*.count")) == most


def test_gpus_are_shared_out(tmp_path):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "4,5,7"}
    script = "echo gpu=$CUDA_VISIBLE_DEVICES; sleep 0.3"
    done = call(
        [*RUN, "--gpu", 1, "--max_jobs", 8, "JOB=1:3", tmp_path / "JOB.log", "sh", "-c", script], env=environment
    )
    assert done.returncode == 0, done.stderr
    given = {re.search(r"^gpu=(.*)$", path.read_text(), re.MULTILINE)[1] for path in tmp_path.glob("*.log")}
    assert given == {"4", "5", "7"}
    done = call([*RUN, "--gpu", 4, tmp_path / "x.log", "true"], env=environment)
    assert done.returncode == 1 and "this machine has 3; lower --ngpu" in done.stderr


def test_two_hundred_jobs_all_run(tmp_path):
    assert call([*RUN, "JOB=1:200", tmp_path / "JOB.log", "true"]).returncode == 0
    assert all("# Ended (code 0)" in (tmp_path / f"{job}.log").read_text() for job in range(1, 201))
