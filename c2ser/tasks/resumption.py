"""Whether a training can go on from what it saved, which ESPnet 202611 does from plain types only."""

from importlib.metadata import version
from pathlib import Path
from pickle import UnpicklingError

import espnet2.train.trainer
import torch

from c2ser.errors import InputError

BUILDS_PLAIN_TYPES_ONLY = hasattr(espnet2.train.trainer, "safe_torch_load")  # ESPnet from 202611 on


def check_resumable(checkpoint: str | Path) -> None:
    """Refuses a checkpoint of ESPnet's trainer that the ESPnet of this environment refuses, too, or asks about.

    ESPnet 202511 stores Python's ``timedelta`` and NumPy's numbers, which 202611 does not build. The other way round,
    202511 goes on from what 202611 has stored.

    Args:
        checkpoint: a whole ``checkpoint.pth``, or a path where there is none.

    Raises:
        InputError: an older release of ESPnet has to go on from it.

    Example:
        >>> check_resumable("exp/new/checkpoint.pth")  # no such file: the training begins with its first epoch
    """
    if BUILDS_PLAIN_TYPES_ONLY and Path(checkpoint).exists():
        load_plain(checkpoint, mmap=True)


def load_plain(path: str | Path, mmap: bool = False) -> dict:
    """Loads a file of ``torch.save`` that holds tensors and plain types only.

    Args:
        path: of the file.
        mmap: whether tensors are read only where they are used.

    Raises:
        InputError: it holds other objects, as those that an older release of ESPnet saves.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
    except UnpicklingError as error:
        raise InputError(
            f"{path}: holds objects that ESPnet {version('espnet')} refuses to load, as older releases save them; "
            "resume the training in the environment that started it, or start anew with another tag"
        ) from error
