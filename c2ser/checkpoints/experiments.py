"""Experiments of ESPnet's trainer, read without ESPnet."""

import logging
import os
import zipfile
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from c2ser.checkpoints.pickles import load_checkpoint
from c2ser.errors import InputError
from c2ser.settings import read_settings

logger = logging.getLogger(__name__)

# What a training keeps in its folder to go on from.
CHECKPOINT = "checkpoint.pth"
PREVIOUS_CHECKPOINT = "checkpoint.previous.pth"
UNFINISHED_EPOCH = "unfinished_epoch.pth"


def experiment_config(directory: str | Path) -> dict:
    """Reads the ``config.yaml`` that training leaves in its folder.

    Raises:
        InputError: there is none, or it is no YAML mapping.
    """
    path = Path(directory) / "config.yaml"
    if not path.is_file():
        raise InputError(f"{path}: no such file; is {directory} the folder of a finished training?")
    return read_settings(path)


def experiment_weights(directory: str | Path, prefix: str) -> dict[str, Tensor]:
    """Reads the averaged best weights of an experiment by its own model criterion (``valid.<name>.ave.pth``).

    Returns:
        The weights whose names start with ``prefix``, without it.

    Raises:
        InputError: training did not get that far.
    """
    phase, name, _ = experiment_config(directory)["best_model_criterion"][-1]
    path = Path(directory) / f"{phase}.{name}.ave.pth"
    if not path.is_file():
        raise InputError(f"{path}: no such file; training in {directory} is not finished, run its stage again")
    weights = torch.load(path, map_location="cpu", weights_only=True)
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}


def load_weights(
    model: nn.Module, state: Mapping[str, Tensor], source: str | Path, not_saved: Collection[str] = ()
) -> None:
    """Loads all weights of a model but ``not_saved``.

    Raises:
        InputError: weights are missing or unexpected, or have another shape; names ``source`` and them.
    """
    own = model.state_dict()
    missing = [name for name in own if name not in state and name not in not_saved]
    unexpected = [name for name in state if name not in own]
    reshaped = [name for name in state if name in own and state[name].shape != own[name].shape]
    if missing or unexpected or reshaped:
        faults = f"missing {missing[:3]}, unexpected {unexpected[:3]}, of other shape {reshaped[:3]}"
        raise InputError(f"{source}: weights do not fit the configuration; {faults}")
    model.load_state_dict(state, strict=False)


def weights_digest(weights: Iterable[Tensor]) -> Tensor:
    """Returns the SHA-256 of weights, as 32 numbers that a state dict can hold; zeros where there are no weights.

    Whole numbers in floating point stay what they are where checkpoints are averaged.
    """

    def digest(weight: Tensor) -> bytes:
        return sha256(weight.detach().contiguous().view(-1).view(torch.uint8).numpy()).digest()

    with ThreadPoolExecutor() as threads:  # hashing large arrays leaves Python's lock
        digests = b"".join(threads.map(digest, weights))
    return torch.tensor([float(byte) for byte in sha256(digests).digest()]) if digests else torch.zeros(32)


def mend_checkpoint(directory: str | Path) -> None:
    """Makes whole what a training left that was killed while it wrote its checkpoint, or whose disk failed.

    Training writes `CHECKPOINT`, after it has put the one before aside as `PREVIOUS_CHECKPOINT`, then the weights
    alone as ``<N>epoch.pth``. Where the first is missing or corrupt the previous one takes its place; weights that are
    missing or corrupt are taken from the checkpoint. A corrupt `UNFINISHED_EPOCH` is deleted.
    """
    path, previous = Path(directory) / CHECKPOINT, Path(directory) / PREVIOUS_CHECKPOINT
    unfinished = Path(directory) / UNFINISHED_EPOCH
    if unfinished.exists() and not _is_whole(unfinished):
        logger.warning("%s: corrupt, deleted; training goes on from the epoch's first batch", unfinished)
        unfinished.unlink()
    newest = next((file for file in (path, previous) if file.exists()), None)
    kept = next((file for file in (path, previous) if _is_whole(file)), None)
    if newest != kept:
        before = "the one of the epoch before" if kept else "its first epoch"
        logger.warning("%s: corrupt; training goes on from %s", newest, before)
        newest.unlink()
    if kept is None:
        return
    if kept == previous:
        os.replace(previous, path)
    latest = Path(directory) / "latest.pth"  # a link to the weights of the last epoch, made after them
    if kept == previous or not latest.exists() or latest.stat().st_mtime_ns < path.stat().st_mtime_ns:
        checkpoint = load_checkpoint(path)
        weights = path.with_name(f"{checkpoint['reporter']['epoch']}epoch.pth")
        if not _is_whole(weights):
            logger.warning("%s: missing or corrupt, taken from %s", weights, path.name)
            with TemporaryDirectory(dir=directory) as beside:  # a file's name is part of its bytes
                torch.save(checkpoint["model"], Path(beside) / weights.name)
                os.replace(Path(beside) / weights.name, weights)


def _is_whole(path: Path) -> bool:
    """Tells whether a file of ``torch.save`` is there and all in it agrees with its checksums."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.testzip() is None
    except Exception:  # zipfile raises of all kinds, by what is wrong: names, versions, flags, methods
        return False
