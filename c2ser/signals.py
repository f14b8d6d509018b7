"""Signal handling of trainings; it starts before PyTorch and ESPnet are imported, which takes seconds."""

import ctypes
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PR_SET_PDEATHSIG = 1

received: signal.Signals | None = None


def listen(*numbers: signal.Signals) -> None:
    """Records the first of these signals in ``received`` instead of terminating the process.

    Args:
        numbers: the signals.
    """
    for number in numbers:
        signal.signal(number, _note)


def _note(number: int, _frame: object) -> None:
    global received
    received = received or signal.Signals(number)  # srun ends what is left after the first process


@contextmanager
def hold_sigterm() -> Iterator[None]:
    """Defers SIGTERM; children forked meanwhile ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_foreign_sigterm() -> None:
    """Makes SIGTERM terminate this process only if its parent sent it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    def wait() -> None:
        while signal.sigwaitinfo([signal.SIGTERM]).si_pid != os.getppid():
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def die_with_parent(sent: signal.Signals = signal.SIGKILL) -> None:
    """Asks Linux to send this process a signal when the process that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, sent)
