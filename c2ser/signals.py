"""Signals that a training listens to, from its first moment on: importing PyTorch and ESPnet takes seconds."""

import ctypes
import signal

PR_SET_PDEATHSIG = 1

received: signal.Signals | None = None


def listen(*numbers: signal.Signals) -> None:
    """Notes the first of these signals in ``received`` instead of ending the process."""
    for number in numbers:
        signal.signal(number, _note)


def _note(number: int, _frame: object) -> None:
    global received
    received = received or signal.Signals(number)  # srun ends what is left after the first process
    # A SIGTERM to all processes ends those that load data too. PyTorch tells by an error amid the update, or the
    # saving, that is under way; a training can do without them.
    signal.signal(signal.SIGCHLD, lambda *_: None)


def die_with_parent() -> None:
    """Asks Linux to kill this process when the one that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
