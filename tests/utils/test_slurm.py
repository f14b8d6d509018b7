"""slurm.py alone: what it asks of Slurm, and what becomes of its jobs."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from helpers.launchers import RUN, SLURM, call, needs_slurm, queued_job, start_again, wait_for
from helpers.paths import ROOT


def test_what_a_job_leaves_behind_may_still_write_into_its_log(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "utils")
    import slurm

    job = slurm.Job(None, tmp_path / "x.log", ())
    assert not slurm.has_succeeded(job)
    for code, succeeded in ((1, False), (0, True)):
        command = f"printf unfinished; (sleep 0.3; seq 20; echo '# late') & exit {code}"
        assert call([*RUN, "--append", job.log, "sh", "-c", command]).returncode == code
        assert "unfinished# Ended (code" in job.log.read_text() and slurm.has_succeeded(job) == succeeded
        wait_for(lambda: job.log.read_text().endswith("\n# late\n"))
        assert slurm.has_succeeded(job) == succeeded


SBATCH_OF_A_SITE = """#!/bin/sh
echo "Welcome to the cluster"
echo "3 nodes are down today"
echo "{answer}"
exec sleep 60
"""
SCANCEL = """#!/bin/sh
echo "$@" > {folder}/cancelled
[ "$*" != 4712 ] || { echo "scancel: error: Invalid job id 4712" >&2; exit 1; }
"""


@pytest.mark.parametrize(
    ("answer", "cancelled", "reported"),
    [
        ("4711", "4711", "cancelled job 4711"),
        ("4711;green", "-M green 4711", "cancelled job 4711 on cluster green"),
        (
            "4712",
            "4712",
            "could not cancel job 4712: scancel: error: Invalid job id 4712; if it still runs, use: scancel 4712",
        ),
    ],
)
def test_the_job_that_sbatch_names_is_cancelled(answer, cancelled, reported, tmp_path):
    """Several clusters and sites' own programs around sbatch cannot be had here: small programs stand for them."""
    programs = {
        "sbatch": SBATCH_OF_A_SITE.replace("{answer}", answer),
        "scancel": SCANCEL.replace("{folder}", str(tmp_path)),
        "squeue": "#!/bin/sh\n",
    }
    for name, content in programs.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    process = subprocess.Popen([*SLURM, tmp_path / "x.log", "true"], stderr=subprocess.PIPE, text=True, env=environment)
    lines = [process.stderr.readline() for _ in range(3)]
    assert "submitted job 471" in lines[-1] and lines[0] == "Welcome to the cluster\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == f"slurm.py: {reported}\n"
    assert process.returncode == 128 + signal.SIGINT
    assert (tmp_path / "cancelled").read_text() == f"{cancelled}\n"


def test_an_interrupt_right_after_the_submission_cancels_the_job(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "utils")
    import slurm

    def start_and_interrupt(submission: slurm.Submission):
        threading.Thread.start(submission)
        signal.raise_signal(signal.SIGINT)

    programs = {"sbatch": "echo 4711; exec sleep 60", "scancel": f'echo "$@" > {tmp_path}/cancelled'}
    for name, content in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{content}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(slurm.Submission, "start", start_and_interrupt)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
    try:
        with pytest.raises(KeyboardInterrupt):
            slurm.submit(["sbatch"], [slurm.Job(None, tmp_path / "x.log", ())])
    finally:
        signal.signal(signal.SIGINT, handler)
    assert (tmp_path / "cancelled").read_text() == "4711\n"


def test_the_end_is_taken_from_the_logs_where_sbatch_learns_of_it_late(tmp_path):
    """An sbatch that never learns of it stands for one that asks every half minute."""
    programs = {"sbatch": 'for script; do :; done; echo 4711; sh "$script"; exec sleep 300', "squeue": ""}
    for name, content in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{content}\n")
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = call([*SLURM, tmp_path / "x.log", "sleep", "1.5"], env=environment)
    assert done.returncode == 0 and "cancel" not in done.stderr, done.stderr


def test_jobs_of_several_clusters_are_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "utils")
    import slurm
    import slurm_queue

    listed = "CLUSTER: green\n12 /a folder/x.sh\n12 /a folder/x.sh\nCLUSTER: red\n12 /y.sh\n"
    (tmp_path / "squeue").write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/asked\nprintf '{listed}'\n")
    (tmp_path / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    clusters = slurm.chosen_clusters(["--mem=8G", "-M", "green,red", "-p", "gpu"])
    green, red = slurm_queue.SlurmJob("12", "green"), slurm_queue.SlurmJob("12", "red")
    assert slurm_queue.queued_jobs(("PENDING",), clusters) == [(green, Path("/a folder/x.sh")), (red, Path("/y.sh"))]
    assert (
        "--states=PENDING" in (tmp_path / "asked").read_text()
        and "--clusters=green,red" in (tmp_path / "asked").read_text()
    )


@needs_slurm
def test_what_a_killed_launcher_left_in_the_queue_is_cancelled_by_the_next(tmp_path):
    log = tmp_path / "a folder" / "ü.log"
    first = subprocess.Popen([*SLURM, log, "sleep", "300"])
    job = wait_for(lambda: queued_job(log))
    first.kill()
    first.wait()
    done = call([*SLURM, log, "true"])
    assert done.returncode == 0 and f"job {job} of an earlier call is still there" in done.stderr
    assert call(["squeue", "--noheader", f"--jobs={job}", "--states=RUNNING"]).stdout == ""


@needs_slurm
def test_a_job_that_was_cancelled_while_it_waited_has_failed(tmp_path):
    """Slurm gives it exit code 0."""
    command = [*SLURM, "--max_jobs", "1", "JOB=1:2", tmp_path / "JOB.log", "sleep", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    job = wait_for(lambda: queued_job(tmp_path / "JOB.log"))
    assert call(["scancel", f"{job}_2"]).returncode == 0
    said = process.communicate()[1]
    assert process.returncode == 1 and "1 of 2 jobs failed: 2; " in said and "there is no log" in said


@needs_slurm
def test_a_job_that_is_preempted_with_a_grace_time_goes_on_later(tmp_path):
    if not call(["sinfo", "--noheader", "--partition", "urgent"]).stdout:
        pytest.skip("this Slurm has no partition 'urgent', see tests/slurm/start.sh")
    script = "[ ! -e begun ] || exit 0; touch begun; trap 'exit 143' TERM; sleep 60 & wait"
    command = [*SLURM, "--num_nodes", "1", "--requeue", "x.log", "sh", "-c", script]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_for((tmp_path / "begun").exists)
    job = wait_for(lambda: queued_job(tmp_path / "x.log"))
    urgent = ["--partition", "urgent", "--exclusive", "--output", "/dev/null", "--wrap", "true"]
    assert call(["sbatch", *urgent]).returncode == 0  # sbatch --wait may notice its end after the job started again
    start_again(job)
    assert process.wait(timeout=180) == 0, process.stderr.read()
    log = (tmp_path / "x.log").read_text()
    assert log.index("# Ended (code 143)") < log.index("# Ended (code 0)")


@needs_slurm
def test_a_job_that_sigterm_ended_for_no_preemption_has_failed(tmp_path):
    """A process that srun ends after another one has failed may end so, too."""
    done = call([*SLURM, "--num_nodes", "1", "--requeue", tmp_path / "x.log", "sh", "-c", "exit 143"])
    assert done.returncode == 1 and "1 of 1 jobs failed" in done.stderr


def test_slurm_options(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "utils")
    import slurm

    config = tmp_path / "slurm.conf"
    config.write_text("# ours\noption gpu=0\noption gpu=* --gres=gpu:$0 -p 'the gpus'\noption mem=* --mem=$0G  # GB\n")
    rules = slurm.read_config(config)
    assert slurm.sbatch_options(rules, {"gpu": "0", "mem": "8"}) == ["--mem=8G"]
    assert slurm.sbatch_options(rules, {"gpu": "2"}) == ["--gres=gpu:2", "-p", "the gpus"]
    with pytest.raises(ValueError, match="option time="):
        slurm.sbatch_options(rules, {"time": "10"})
    config.write_text("option gpu=0\n\ndefault gpu=1\n")
    with pytest.raises(ValueError, match=r"slurm\.conf:3: "):
        slurm.read_config(config)
    config.write_text("option gpu=0 --comment='a b\n")
    with pytest.raises(ValueError, match=r"slurm\.conf:1: No closing quotation"):
        slurm.read_config(config)


def test_slurm_without_sbatch(tmp_path):
    done = call([*SLURM, tmp_path / "x.log", "true"], env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["slurm.py: there is no sbatch on this machine; use --cmd_backend local"]


SBATCH_THAT_NOTES = """#!/bin/sh
for word in "$@"; do echo "$word"; done > {folder}/words
for last in "$@"; do :; done
cp "$last" {folder}/script
exit 1
"""


@pytest.mark.parametrize(
    ("options", "asked", "processes"),
    [
        (
            ["--gpu", 4, "--num_nodes", 2, "--num_threads", 8],
            ["--gres=gpu:4", "--nodes=2", "--ntasks-per-node=4"],
            True,
        ),
        (["--gpu", 1, "--num_threads", 8], ["--gres=gpu:1"], False),
        (["--gpu", 0, "--num_nodes", 2, "--num_threads", 8], ["--nodes=2"], True),
    ],
    ids=["two nodes of four GPUs", "one GPU", "two nodes without GPUs"],
)
def test_what_a_training_asks_for(options, asked, processes, tmp_path):
    """With the template's slurm.conf: no cluster with GPUs can be had here, so sbatch's own words are looked at."""
    for name, content in {
        "sbatch": SBATCH_THAT_NOTES.replace("{folder}", str(tmp_path)),
        "squeue": "#!/bin/sh\n",
    }.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    config = ["--config", ROOT / "egs" / "TEMPLATE" / "conf" / "slurm.conf"]
    config += ["--mem", 32, "--num_threads", 8, "--requeue"]
    words = [*SLURM[:2], *config, *options, tmp_path / "train.log", "python", "-m", "train"]
    subprocess.run(list(map(str, words)), env=environment, capture_output=True, check=False)
    submitted = (tmp_path / "words").read_text().splitlines()
    resources = {word for word in submitted if word.startswith(("--gres", "--nodes", "--ntasks"))}
    assert resources == set(asked)
    assert {"--cpus-per-task=8", "--mem=32G", "--requeue", "--signal=B:USR1@300"} <= set(submitted)
    script = (tmp_path / "script").read_text()
    assert ("srun --kill-on-bad-exit=1 --cpus-per-task=8" in script) == processes
    assert all((name in script) == processes for name in ("RANK=$SLURM_PROCID", "MASTER_ADDR", "MASTER_PORT"))
    assert script.splitlines()[-1].endswith("python -m train")
