"""Checkpoints of trainings that were killed while they wrote them."""

import logging
import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from c2ser.checkpoints.pickles import load_checkpoint

logger = logging.getLogger(__name__)

# What a training keeps in its folder to resume from.
CHECKPOINT = "checkpoint.pth"
PREVIOUS_CHECKPOINT = "checkpoint.previous.pth"
UNFINISHED_EPOCH = "unfinished_epoch.pth"


def recover_checkpoint(directory: str | Path) -> None:
    """Repairs the checkpoint of a training that was killed while it was written, or whose disk failed.

    Training writes `CHECKPOINT`, after renaming the one before to `PREVIOUS_CHECKPOINT`, and then the weights alone as
    ``<N>epoch.pth``. If the first is missing or corrupt, the previous one takes its place; weights that are missing or
    corrupt are taken from the checkpoint. A corrupt `UNFINISHED_EPOCH` is deleted.

    Args:
        directory: folder of the experiment.

    Example:
        >>> recover_checkpoint("exp/alm_tiny_explicit")  # doctest: +SKIP
    """
    path, previous = Path(directory) / CHECKPOINT, Path(directory) / PREVIOUS_CHECKPOINT
    unfinished = Path(directory) / UNFINISHED_EPOCH
    if unfinished.exists() and not _is_whole(unfinished):
        logger.warning("%s: corrupt, deleted; training resumes from the first batch of the epoch", unfinished)
        unfinished.unlink()
    newest = next((file for file in (path, previous) if file.exists()), None)
    kept = next((file for file in (path, previous) if _is_whole(file)), None)
    if newest != kept:
        before = "that of the previous epoch" if kept else "its first epoch"
        logger.warning("%s: corrupt; training resumes from %s", newest, before)
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
    """Whether a file of ``torch.save`` exists and agrees with its checksums."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.testzip() is None
    except Exception:  # zipfile raises of all kinds, by what is wrong: names, versions, flags, methods
        return False
