"""Experiments of ESPnet's trainer, read without ESPnet."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from c2ser.errors import InputError
from c2ser.settings import read_settings

SUFFIX = ".pth"  # of checkpoints
TRAINING_STATE = "checkpoint"  # what names of those begin with that hold an optimizer's state, too


def experiment_config(directory: str | Path) -> dict:
    """Reads the ``config.yaml`` that training leaves in its folder.

    Args:
        directory: the folder.

    Raises:
        InputError: there is none, or it is not a YAML mapping.

    Example:
        >>> experiment_config("exp/alm_tiny_explicit")["max_epoch"]  # doctest: +SKIP
        40
    """
    path = Path(directory) / "config.yaml"
    if not path.is_file():
        raise InputError(f"{path}: no such file; is {directory} the folder of a finished training?")
    return read_settings(path)


def experiment_weights(directory: str | Path, prefix: str, *, checkpoint: str | None = None) -> dict[str, Tensor]:
    """Reads the weights of an experiment.

    Args:
        directory: the folder of the experiment.
        prefix: only weights whose names start with it.
        checkpoint: which ones, such as ``5epoch`` or ``latest``, see `checkpoint_names`; by default the averaged best
            ones by the experiment's own model criterion, ``valid.<name>.ave``.

    Returns:
        The weights by their names without the prefix.

    Raises:
        InputError: it is not an experiment, training is not finished, there is no such checkpoint, or it is broken.

    Example:
        >>> experiment_weights("exp/emotion2vec_s_tiny", prefix="model.student.")  # doctest: +SKIP
    """
    path = _best_path(Path(directory)) if checkpoint is None else _checkpoint_path(Path(directory), checkpoint)
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what broken files make readers raise is without limit
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{path}: broken ({reason}); copy it again, or delete it and start the training again"
        ) from None
    return weights_below(prefix, weights)


def weights_below(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the weights whose names begin with a prefix, without it.

    Args:
        prefix: of names.
        weights: name -> weight.

    Example:
        >>> list(weights_below("model.", {"model.bias": torch.zeros(1), "updates": torch.zeros(1)}))
        ['bias']
    """
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}


def checkpoint_names(directory: str | Path) -> list[str]:
    """Returns the names of the checkpoints of an experiment that hold weights alone, sorted, epochs by number.

    Args:
        directory: the folder of the experiment.

    Example:
        >>> checkpoint_names("exp/alm_tiny_explicit")  # doctest: +SKIP
        ['9epoch', '10epoch', 'latest', 'valid.loss.ave', 'valid.loss.ave_1best', 'valid.loss.best']
    """
    names = (path.name.removesuffix(SUFFIX) for path in Path(directory).glob(f"*{SUFFIX}") if path.is_file())
    weights = (name for name in names if not name.startswith(TRAINING_STATE))
    return sorted(weights, key=lambda name: (int(re.match(r"\d*", name)[0] or 10**9), name))


def _best_path(directory: Path) -> Path:
    criterion = experiment_config(directory).get("best_model_criterion")
    if not criterion:
        raise InputError(f"{directory / 'config.yaml'}: not that of a training, it has no best_model_criterion")
    phase, name, _ = criterion[-1]
    path = directory / f"{phase}.{name}.ave{SUFFIX}"
    if not path.is_file():
        raise InputError(f"{path}: no such file; training in {directory} is not finished, start it again")
    return path


def _checkpoint_path(directory: Path, name: str) -> Path:
    names = checkpoint_names(directory)
    if name not in names:
        known = f"there are {', '.join(names)}" if names else "there is none; has its training begun?"
        raise InputError(f"{directory}: no checkpoint '{name}'; {known}")
    return directory / f"{name}{SUFFIX}"
