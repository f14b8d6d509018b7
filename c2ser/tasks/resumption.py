"""Whether a training can go on from what it saved: ESPnet 202511 and 202611 store its times in different ways."""

import zipfile
from importlib.metadata import version
from pathlib import Path
from pickle import UnpicklingError

import espnet2.train.trainer
import torch

from c2ser.errors import InputError

BUILDS_PLAIN_TYPES_ONLY = hasattr(espnet2.train.trainer, "safe_torch_load")  # of ESPnet 202611 on
PLAIN_TIME = b"__timedelta_seconds__"  # how 202611 stores a time


def check_resumable(checkpoint: str | Path) -> None:
    """Refuses a checkpoint of ESPnet's trainer that the ESPnet of this environment cannot go on from.

    ESPnet 202511 stores Python's ``timedelta`` and NumPy's numbers, which 202611 does not build; the times that 202611
    stores are of a form that 202511 cannot plot.

    Args:
        checkpoint: a whole ``checkpoint.pth``, or a path where there is none.

    Raises:
        InputError: another release of ESPnet has to go on from it.

    Example:
        >>> check_resumable("exp/new/checkpoint.pth")  # no such file: the training begins with its first epoch
    """
    checkpoint = Path(checkpoint)
    if not checkpoint.exists():
        return
    if BUILDS_PLAIN_TYPES_ONLY:
        load_plain(checkpoint, mmap=True)
    elif _has_plain_times(checkpoint):
        raise _other_release(checkpoint)


def load_plain(path: str | Path, mmap: bool = False) -> dict:
    """Loads a file of ``torch.save`` that holds tensors and plain types alone.

    Args:
        path: of the file.
        mmap: whether tensors are read where they are used only.

    Raises:
        InputError: it holds other objects, so another release has saved it.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
    except UnpicklingError as error:
        raise _other_release(path) from error


def _has_plain_times(checkpoint: Path) -> bool:
    with zipfile.ZipFile(checkpoint) as archive:
        return any(PLAIN_TIME in archive.read(name) for name in archive.namelist() if name.endswith("/data.pkl"))


def _other_release(path: str | Path) -> InputError:
    return InputError(
        f"{path}: saved by another release of ESPnet than the {version('espnet')} of this environment, which cannot "
        "resume from it; go on in the environment that started the training, or start anew with another tag"
    )
