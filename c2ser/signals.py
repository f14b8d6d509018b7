"""Signals that a training listens to, from its first moment on: importing PyTorch and ESPnet takes seconds."""

import ctypes
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PR_SET_PDEATHSIG = 1

received: signal.Signals | None = None


def listen(*numbers: signal.Signals) -> None:
    """Notes the first of these signals in ``received`` instead of ending the process."""
    for number in numbers:
        signal.signal(number, _note)


def _note(number: int, _frame: object) -> None:
    global received
    received = received or signal.Signals(number)  # srun ends what is left after the first process


@contextmanager
def terms_held_back() -> Iterator[None]:
    """Holds back SIGTERM from this process, and for ever from those that it forks meanwhile."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def only_parent_ends() -> None:
    """Lets SIGTERM end this process only where the one that started it sends it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    def wait() -> None:
        while signal.sigwaitinfo([signal.SIGTERM]).si_pid != os.getppid():
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def die_with_parent(sent: signal.Signals = signal.SIGKILL) -> None:
    """Asks Linux to send this process a signal when the process that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, sent)
