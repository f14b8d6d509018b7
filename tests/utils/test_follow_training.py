"""How far a training has come, read from its log while another process writes it."""

import os
import pty
import signal
import subprocess
import sys

from helpers.launchers import wait_for
from helpers.paths import ROOT

FOLLOW = [sys.executable, str(ROOT / "utils/follow_training.py"), "--interval", "0"]
STARTED = "2026-11-26 10:00:{:02d},000 INFO {}/4epoch started. Estimated time to finish: unknown\n"
BATCH = "2026-11-26 10:00:{:02d},000 INFO {}epoch:train:1-{}batch: iter_time=0.1, loss=1.0\n"


def follow(log, **kwargs) -> subprocess.Popen:
    process = subprocess.Popen([*FOLLOW, str(log)], **kwargs)
    wait_for(lambda: b"follow_training" in open(f"/proc/{process.pid}/cmdline", "rb").read())
    return process


def test_updates_and_pace_are_told_and_an_earlier_training_is_not(tmp_path):
    log = tmp_path / "train.log"
    log.write_text(STARTED.format(0, 4))
    os.utime(log, (0, 0))
    (tmp_path / "config.yaml").write_text("max_epoch: 4\nnum_iters_per_epoch: 50\n")
    process = follow(log, stdout=subprocess.PIPE, text=True)
    log.write_text(STARTED.format(0, 1) + BATCH.format(10, 1, 50) + STARTED.format(12, 2) + BATCH.format(24, 2, 25))
    assert process.stdout.readline() == "  epoch 2 of 4, 38 %, at most 0:00 min left\n"  # long ago by the clock
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_without_the_number_of_updates_epochs_count(tmp_path):
    log = tmp_path / "train.log"
    process = follow(log, stdout=subprocess.PIPE, text=True)
    log.write_text(STARTED.format(0, 1) + BATCH.format(10, 1, 50))
    assert process.stdout.readline() == "  epoch 1 of 4, 0 %\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_terminal_has_one_line_which_is_cleared_at_the_end(tmp_path):
    log = tmp_path / "train.log"
    terminal, other = pty.openpty()
    process = follow(log, stdout=other)
    os.close(other)
    log.write_text(STARTED.format(0, 3))
    shown = os.read(terminal, 100)
    assert shown == b"\r  epoch 3 of 4, 50 %\x1b[K"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    rest = os.read(terminal, 1000)
    assert rest.endswith(b"\r\x1b[K") and b"\n" not in rest
    os.close(terminal)
