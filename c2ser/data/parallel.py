"""Jobs that each work on a part of a data directory: the set is split, a launcher runs the jobs, tables are merged."""

import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.errors import InputError
from c2ser.signals import die_with_parent


class ParallelJobs:
    """The parts of a data directory, one per job.

    Job K reads ``OUTPUT/input/split<N>/K`` and writes ``OUTPUT/split<N>/K``, so that runs with output directories of
    their own do not meet.

    Args:
        data_dir: the set.
        output_dir: OUTPUT, where the jobs' tables are merged.
        num_jobs: N; lowered to the number of utterances.

    Raises:
        InputError: the set has no utterance.

    Example:
        >>> jobs = ParallelJobs("data/train", "dump/train", num_jobs=4)  # doctest: +SKIP
        >>> jobs.split()  # doctest: +SKIP
        >>> command = "python -m c2ser.bin.extract_attributes --data_dir {input} --output_dir {output}"
        ...  # doctest: +SKIP
        >>> code = jobs.launch(["utils/run.py"], "attributes", command=command.split())  # doctest: +SKIP
        >>> jobs.merge()  # doctest: +SKIP
    """

    def __init__(self, data_dir: str | Path, output_dir: str | Path, *, num_jobs: int):
        self.data_dir, self.output_dir = DataDir(data_dir), Path(output_dir)
        self.num_utts = len(self.data_dir)
        if self.num_utts == 0:
            raise InputError(f"{self.data_dir}: the set is empty; prepare it again")
        self.num_jobs = min(num_jobs, self.num_utts)

    def split(self) -> None:
        """Writes the jobs' input, and removes what earlier jobs wrote, which may be of other data or another number."""
        for old in (*self.output_dir.glob("split[0-9]*"), self.output_dir / "input"):
            if old.exists():
                shutil.rmtree(old)
        self.data_dir.split(self.num_jobs, self.output_dir / "input")

    def launch(self, launcher: Sequence[str], name: str, *, command: Sequence[str]) -> int:
        """Runs a command for each part, and waits for the end of all.

        Args:
            launcher: a program with Kaldi's contract, ``LAUNCHER JOB=1:N LOG COMMAND``, and its options.
            name: the logs are ``OUTPUT/log/<name>.<K>.log``.
            command: in which ``{input}`` and ``{output}`` are the directories of a part, and ``{job}`` its number.

        Returns:
            The exit code of the launcher, which names the jobs that fail.
        """
        job = _free_name([str(self.output_dir), name, *command])
        values = {"job": job, "input": self._part("input", job), "output": self._part("", job)}
        log = str(self.output_dir / "log" / f"{name}.{job}.log")
        words = [re.sub(r"\{(input|output|job)\}", lambda found: values[found[1]], word) for word in command]
        return _run([*launcher, f"{job}=1:{self.num_jobs}", log, *words])

    def merge(self, names: Sequence[str] | None = None) -> None:
        """Merges the jobs' tables, and reports the utterances that they left out.

        Args:
            names: the tables; by default all, which makes the output directory a whole data directory.
        """
        DataDir(self.output_dir).merge(self.num_jobs, names)

    def _part(self, folder: str, job: str) -> str:
        return str(self.output_dir / folder / f"split{self.num_jobs}" / job)


def _free_name(words: Sequence[str]) -> str:
    """Returns a name for the jobs' number that occurs in none of the words, whatever paths they hold."""
    name = "JOB"
    while any(name in word for word in words):
        name += "X"
    return name


def _run(command: Sequence[str]) -> int:
    """Runs a launcher with this process's open files, such as locks, and returns its exit code.

    The launcher ends its jobs when it gets a signal, and this process waits for that. A terminal sends SIGINT and
    SIGHUP to both; SIGTERM is passed on, and sent if this process is killed.
    """
    received: list[int] = []
    launcher: subprocess.Popen | None = None

    def note(number: int, _frame: object) -> None:
        received.append(number)
        if number == signal.SIGTERM and launcher is not None:
            launcher.send_signal(number)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    handled = [number for number, handler in handlers.items() if handler != signal.SIG_IGN]  # nohup ignores SIGHUP
    for number in handled:
        signal.signal(number, note)
    try:
        launcher = subprocess.Popen(command, close_fds=False, preexec_fn=lambda: die_with_parent(signal.SIGTERM))
        code = launcher.wait()
    finally:
        for number in handled:
            signal.signal(number, handlers[number])
    if received:
        return 128 + received[0]
    return code if code >= 0 else 128 - code
