"""Experiments of ESPnet's trainer, read without ESPnet."""

from pathlib import Path

import torch
from torch import Tensor

from c2ser.errors import InputError
from c2ser.settings import read_settings


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


def experiment_weights(directory: str | Path, prefix: str) -> dict[str, Tensor]:
    """Reads the averaged best weights of an experiment by its own model criterion (``valid.<name>.ave.pth``).

    Args:
        directory: the folder of the experiment.
        prefix: only weights whose names start with it.

    Returns:
        The weights by their names without the prefix.

    Raises:
        InputError: it is not an experiment, training is not finished, or the file is broken.

    Example:
        >>> experiment_weights("exp/emotion2vec_s_tiny", prefix="model.student.")  # doctest: +SKIP
    """
    criterion = experiment_config(directory).get("best_model_criterion")
    if not criterion:
        raise InputError(f"{Path(directory) / 'config.yaml'}: not that of a training, it has no best_model_criterion")
    phase, name, _ = criterion[-1]
    path = Path(directory) / f"{phase}.{name}.ave.pth"
    if not path.is_file():
        raise InputError(f"{path}: no such file; training in {directory} is not finished, start it again")
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what broken files make readers raise is without limit
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{path}: broken ({reason}); copy it again, or delete it and start the training again"
        ) from None
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}
