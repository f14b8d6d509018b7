"""Jobs on the parts of a data directory, as stages run them."""

import os
import re
import signal
import subprocess
import sys

import pytest
from helpers.launchers import call, is_running, wait_for
from helpers.paths import ROOT

from c2ser.data.data_dir import DataDir
from c2ser.data.parallel import ParallelJobs
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError

UTTS = [f"s-{number}" for number in range(5)]
COPY = "import shutil, sys; shutil.copytree(*sys.argv[1:3], dirs_exist_ok=True)"


def write_set(folder, utts):
    folder.mkdir(parents=True)
    (folder / "a.wav").write_bytes(b"x")
    for table, value in (("wav.scp", str(folder / "a.wav")), ("utt2spk", "s"), ("utt2emo", "happy")):
        write_table(folder / table, dict.fromkeys(utts, value))
    write_table(folder / "spk2utt", {"s": " ".join(utts)} if utts else {})
    return folder


def run(data_dir, output_dir, *options, command):
    words = ["--data_dir", data_dir, "--output_dir", output_dir, "--launcher", f"{sys.executable} {ROOT}/utils/run.py"]
    words += ["--name", "copy", *options, "--", sys.executable, "-c", *command]
    return call(
        [sys.executable, "-m", "c2ser.bin.parallel_data_dir", *words], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


@pytest.mark.parametrize("num_jobs", [1, 3, 9])
def test_parts_are_merged_into_the_whole(num_jobs, tmp_path):
    """Also where folders have the names of placeholders, and the last line has no end."""
    data = write_set(tmp_path / "JOB" / "data {job}", UTTS)
    (data / "utt2spk").write_text((data / "utt2spk").read_text().rstrip("\n"))
    output = tmp_path / "JOB" / "JOBX, {input}"
    done = run(data, output, "--nj", num_jobs, "--merge", "all", command=[COPY, "{input}", "{output}"])
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert DataDir(output).validate() == [] and list(read_table(output / "wav.scp")) == UTTS
    jobs = min(num_jobs, 5)
    assert sorted(path.name for path in (output / "log").iterdir()) == [f"copy.{job + 1}.log" for job in range(jobs)]
    assert sorted(path.name for path in (tmp_path / "JOB").iterdir()) == [output.name, data.name]


def test_what_jobs_leave_out_is_counted(tmp_path):
    data = write_set(tmp_path / "data", UTTS)
    code = "import os, sys; os.makedirs(sys.argv[2])\n"
    code += "for line in open(sys.argv[1] + '/utt2spk'):\n"
    code += "    name = 'skipped' if line[2] in '14' else 'text'\n"
    code += "    open(sys.argv[2] + '/' + name, 'a').write(line)"
    done = run(data, tmp_path / "out", "--nj", 2, "--merge", "text", command=[code, "{input}", "{output}"])
    assert done.returncode == 0, done.stderr
    assert done.stderr.rstrip().endswith(f"skipped 2 of 5 utterances, listed in {tmp_path}/out/skipped")
    assert list(read_table(tmp_path / "out" / "text")) == ["s-0", "s-2", "s-3"]


def test_a_second_command_reads_the_parts_that_the_first_wrote_to(tmp_path):
    data, output = write_set(tmp_path / "data", UTTS), tmp_path / "out"
    (output / "split7").mkdir(parents=True)  # of an earlier call
    write = "import sys; text = open(sys.argv[1] + '/text', 'w')\n"
    write += "for line in open(sys.argv[1] + '/utt2spk'): print(line.split()[0], 'hello', file=text)"
    assert run(data, output, "--nj", 2, command=[write, "{input}"]).returncode == 0
    assert sorted(path.name for path in output.iterdir()) == ["input", "log"]
    done = run(data, output, "--nj", 2, "--keep_split", "--merge", "all", command=[COPY, "{input}", "{output}"])
    assert done.returncode == 0, done.stderr
    assert set(read_table(output / "text").values()) == {"hello"}


def test_failed_jobs_end_it_with_the_words_of_the_launcher(tmp_path):
    done = run(write_set(tmp_path / "data", UTTS), tmp_path / "out", "--nj", 2, "--merge", "all", command=["exit(7)"])
    assert done.returncode == 1 and not (tmp_path / "out" / "utt2spk").exists()
    assert re.fullmatch(r"run\.py: 2 of 2 jobs failed: 1 2; .*", done.stderr.splitlines()[-1])


def test_an_empty_set_is_named(tmp_path):
    with pytest.raises(InputError, match="data: the set is empty"):
        ParallelJobs(write_set(tmp_path / "data", []), tmp_path / "out", num_jobs=2)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_the_jobs_and_no_job_has_the_lock(sent, tmp_path):
    """The launcher has the files that are open here, and so the lock of a stage; its jobs do not."""
    data, pids = write_set(tmp_path / "data", UTTS), tmp_path / "pids"
    pids.mkdir()
    code = f"import os, time; open('{pids}/' + str(os.getpid()), 'w').close(); time.sleep(300)"
    command = [
        sys.executable,
        "-m",
        "c2ser.bin.parallel_data_dir",
        "--data_dir",
        data,
        "--output_dir",
        tmp_path / "out",
    ]
    command += ["--nj", "2", "--launcher", f"{sys.executable} {ROOT}/utils/run.py --max_jobs 2", "--name", "x", "--"]
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_WRONLY)
    words = [str(word) for word in [*command, sys.executable, "-c", code]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, pass_fds=[lock], env=environment, stderr=subprocess.DEVNULL)
    os.close(lock)
    jobs = wait_for(lambda: len(found := list(pids.iterdir())) == 2 and [int(path.name) for path in found])
    holders = holders_of(tmp_path / "lock")
    assert process.pid in holders and len(holders) == 2 and not holders & set(jobs)
    process.send_signal(sent)
    assert process.wait(timeout=180) == (128 + sent if sent == signal.SIGTERM else -sent)
    wait_for(lambda: not holders_of(tmp_path / "lock"))
    assert not any(map(is_running, jobs))


def holders_of(path) -> set[int]:
    """The processes that have a file open."""
    return {pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if holds(pid, path)}


def holds(pid: int, path) -> bool:
    """True where a process has a file open."""
    try:
        return any(os.path.samefile(f"/proc/{pid}/fd/{fd}", path) for fd in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False
