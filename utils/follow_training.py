#!/usr/bin/env python3
"""Shows how far a training has come, from its log, until it is ended by SIGTERM or its parent ends.

    follow_training.py [--interval SECONDS] LOG

On a terminal one line is kept up to date, elsewhere a line is printed each --interval seconds. The number of updates of
an epoch is read from config.yaml beside the log; where it has none, only whole epochs count.
"""

import argparse
import ctypes
import re
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

PR_SET_PDEATHSIG = 1
START_SECONDS = 5  # in which this program starts; a training that began meanwhile is the one to follow
EPOCH = re.compile(r"^(\S+ \S+) \w+ (\d+)/(\d+)epoch started")
BATCH = re.compile(r"^(\S+ \S+) \w+ (\d+)epoch:train:\d+-(\d+)batch")


class Progress:
    """How far a training is, by the lines of its log.

    Args:
        updates: number of updates of an epoch, or None where it is not known.
    """

    def __init__(self, updates: int | None):
        self.updates = updates
        self.epochs = 0
        self.first: tuple[float, float] | None = None  # time and epochs done
        self.last: tuple[float, float] = (0.0, 0.0)

    def read(self, line: str) -> None:
        """Takes a line of the log."""
        if found := EPOCH.match(line):
            self.epochs = int(found[3])
            self._note(found[1], int(found[2]) - 1)
        elif self.updates and (found := BATCH.match(line)):
            self._note(found[1], int(found[2]) - 1 + min(int(found[3]) / self.updates, 1))

    def _note(self, when: str, done: float) -> None:
        self.last = datetime.strptime(when, "%Y-%m-%d %H:%M:%S,%f").timestamp(), done
        self.first = self.first or self.last

    def seconds_left(self, now: float) -> float | None:
        """Returns the seconds to the last epoch's end at the pace so far; None while there is none."""
        if self.first is None or self.last[1] <= self.first[1]:
            return None
        pace = (self.last[0] - self.first[0]) / (self.last[1] - self.first[1])
        return max(0.0, pace * (self.epochs - self.last[1]) - (now - self.last[0]))

    def text(self, now: float) -> str:
        """Returns the state as text, empty before the first epoch."""
        if self.first is None:
            return ""
        epoch = min(int(self.last[1]) + 1, self.epochs)
        text = f"epoch {epoch} of {self.epochs}, {100 * self.last[1] / max(self.epochs, 1):.0f} %"
        left = self.seconds_left(now)
        return text if left is None else f"{text}, at most {int(left) // 60}:{int(left) % 60:02d} min left"


def updates_per_epoch(config: Path) -> int | None:
    """Returns num_iters_per_epoch of a training's configuration, or None."""
    if not config.is_file():
        return None
    found = re.search(r"^num_iters_per_epoch: (\d+)$", config.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) if found else None


def follow(log: Path, interval: float) -> None:
    """Prints the state of a training, without end."""
    oldest = time.time() - START_SECONDS
    position, shown = 0, time.monotonic()
    progress = Progress(None)
    terminal = sys.stdout.isatty()
    while True:
        time.sleep(1)
        try:
            state = log.stat()
            if state.st_mtime < oldest:  # of an earlier training
                continue
            if state.st_size < position:
                position, progress = 0, Progress(None)
            with open(log, "rb") as file:
                file.seek(position)
                whole, newline, _ = file.read().rpartition(b"\n")
            progress.updates = updates_per_epoch(log.with_name("config.yaml"))
        except OSError:  # not there yet
            continue
        position += len(whole + newline)
        for line in whole.decode("utf-8", errors="replace").splitlines():
            progress.read(line)
        text = progress.text(time.time())
        if text and terminal:
            print(f"\r  {text}\033[K", end="", flush=True)
        elif text and time.monotonic() - shown >= interval:
            print(f"  {text}", flush=True)
            shown = time.monotonic()


def end(*_: object) -> None:
    """Clears the line on a terminal."""
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    sys.exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--interval", type=float, default=60, help="seconds between two lines where this is no terminal"
    )
    parser.add_argument("log", type=Path, help="train.log of an experiment")
    args = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGTERM, end)
    follow(args.log, args.interval)


if __name__ == "__main__":
    main()
