"""`c2ser serve` as users start it, and a stand-in for ffmpeg by which a request lasts as long as a test wants."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

MPEG4 = b"\0\0\0\x20ftypM4A " + bytes(100)  # the server gives it to ffmpeg
PROGRAM = """#!/bin/sh
for target; do :; done
echo $$ > "$0.new" && mv "$0.new" "$0.pid"
while [ ! -e "$0.go" ]; do sleep 0.05; done
cat "$0.wav" > "${target#file:}"
"""


@dataclass
class Server:
    """A server in a process of its own.

    Attributes:
        process: its process.
        url: where it listens.
        folder: has its temporary files, ``tmp``, and the stand-in for ffmpeg.
    """

    process: subprocess.Popen
    url: str
    folder: Path

    @property
    def converter(self) -> Path:
        """``/proc`` of the stand-in, once it runs."""
        pid = self.folder / "ffmpeg.pid"
        until(pid.exists)
        return Path("/proc", pid.read_text().strip())

    def convert(self) -> None:
        """Lets the stand-in end."""
        (self.folder / "ffmpeg.go").touch()


@contextmanager
def serving(model: Path, folder: Path, *, wav: bytes) -> Iterator[Server]:
    """Starts a server.

    Args:
        model: the packed one that it has.
        folder: see `Server`.
        wav: what the stand-in makes of each file.
    """
    (folder / "tmp").mkdir()
    (folder / "ffmpeg").write_text(PROGRAM)
    (folder / "ffmpeg").chmod(0o755)
    (folder / "ffmpeg.wav").write_bytes(wav)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(folder / "tmp")}
    command = [sys.executable, "-m", "c2ser", "serve", "--no_page", "--rate", "none", "--model", str(model)]
    command += ["--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        server = Server(process, f"http://127.0.0.1:{port}", folder)
        try:
            assert process.stdout.readline() == f"serving {model} at {server.url}\n"
            until(lambda: process.poll() is not None or answers(server.url))
            yield server
        finally:
            process.send_signal(signal.SIGKILL)


def answers(url: str) -> bool:
    """Tells whether a server listens."""
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def until(happened: Callable[[], object], seconds: float = 60) -> None:
    """Waits for something that another process does."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)
