"""Experiments of ESPnet's trainer, read without ESPnet."""

from pathlib import Path

import torch
import yaml
from torch import Tensor

from c2ser.errors import InputError


def experiment_config(directory: str | Path) -> dict:
    """Reads the ``config.yaml`` that training leaves in its folder.

    Raises:
        InputError: there is none.
    """
    path = Path(directory) / "config.yaml"
    if not path.is_file():
        raise InputError(f"{path}: no such file; is {directory} the folder of a finished training?")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def experiment_weights(directory: str | Path) -> dict[str, Tensor]:
    """Reads the averaged best weights of an experiment by its own model criterion (``valid.<name>.ave.pth``).

    Raises:
        InputError: training did not get that far.
    """
    phase, name, _ = experiment_config(directory)["best_model_criterion"][-1]
    path = Path(directory) / f"{phase}.{name}.ave.pth"
    if not path.is_file():
        raise InputError(f"{path}: no such file; training in {directory} is not finished, run its stage again")
    return torch.load(path, map_location="cpu", weights_only=True)
