"""Commands that run at the same time, each with its output in a log, and end together."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from threading import Lock

STOPPED = 128 + signal.SIGTERM


class Commands:
    """Starts commands in a folder; several threads may do so.

    Args:
        directory: where commands run.

    Example:
        >>> Commands("egs/emodb").call(["python", "-m", "c2ser.bin.results"], log=Path("results.log"))  # doctest: +SKIP
        0
    """

    def __init__(self, directory: str | Path):
        self.directory = Path(directory)
        self._running: set[subprocess.Popen] = set()
        self._lock = Lock()
        self._stopped = False

    def call(self, words: Sequence[str], log: Path | None = None) -> int:
        """Runs a command in a session of its own and returns its exit code.

        Args:
            words: the command; ``python`` is the interpreter of this program.
            log: the file that its output is appended to; by default the output is that of this program.
        """
        words = [sys.executable if words[0] == "python" else words[0], *words[1:]]
        with open(log, "a", encoding="utf-8") if log else nullcontext() as output:
            if output:
                print(f"# {shlex.join(words)}", file=output, flush=True)
            process = self._start(words, output)
            if process is None:
                return STOPPED
            code = process.wait()
        with self._lock:
            self._running.discard(process)
        return code

    def stop(self) -> None:
        """Ends all commands, with what they have started, and starts no more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                os.killpg(process.pid, signal.SIGTERM)

    def _start(self, words: Sequence[str], output) -> subprocess.Popen | None:
        with self._lock:
            if self._stopped:
                return None
            stderr = subprocess.STDOUT if output else None
            process = subprocess.Popen(
                words,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=stderr,
                start_new_session=True,
            )
            self._running.add(process)
            return process
