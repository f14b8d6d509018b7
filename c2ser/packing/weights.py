"""``model.safetensors`` of a packed model: what was trained, and what is not loaded by name."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from c2ser.alm.model import C2SERModel
from c2ser.errors import InputError, writing

WEIGHTS = "model.safetensors"


def read_weights(folder: str | Path) -> dict[str, Tensor]:
    """Reads the weights of a packed model.

    Args:
        folder: the packed model's.

    Returns:
        What `C2SERModel.trainable_state_dict` returned.

    Raises:
        InputError: the file is missing or broken.

    Example:
        >>> "speech_marks.weight" in read_weights("exp/packed")  # doctest: +SKIP
        True
    """
    path = Path(folder) / WEIGHTS
    if not path.is_file():
        raise InputError(f"{path}: no such file; copy the whole folder of the packed model again")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise InputError(f"{path}: broken, or a Git LFS pointer instead of the file ({error}); copy it again") from None


def write_weights(model: C2SERModel, folder: str | Path) -> None:
    """Writes the weights of a model without those of base models that are loaded by name.

    Args:
        model: the model.
        folder: the packed model's.

    Raises:
        StorageError: the disk is full.
    """
    # A clone each, because safetensors stores no weight that two names share, such as tied embeddings.
    state = model.trainable_state_dict()
    state = {name: weight.clone(memory_format=torch.contiguous_format) for name, weight in state.items()}
    path = Path(folder) / WEIGHTS
    with writing(path):
        path.write_bytes(save(state, metadata={"format": "pt"}))  # save_file's is one that only its owner may read
