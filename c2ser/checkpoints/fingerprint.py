"""Fingerprints of models: of what they have learned, and of what exactly they compute."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor, nn

from c2ser.checkpoints.digests import file_digest
from c2ser.data.fingerprint import files_fingerprint, fingerprint

AVERAGED = "valid.*.ave.pth"
WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")
CONFIGURATIONS = (".json", ".yaml")


def weights_fingerprint(weights: Mapping[str, Tensor], *settings: object) -> str:
    """Names weights by their values as float32, whatever their type, device and file format, and their order.

    Args:
        weights: name -> weight.
        settings: what else belongs to the model, such as its sizes; see `c2ser.data.fingerprint.fingerprint`.

    Example:
        >>> weights_fingerprint(model.state_dict()) == weights_fingerprint(model.to("cuda").state_dict())
        ...  # doctest: +SKIP
        True
    """
    names = sorted(weights)
    return fingerprint(settings, list(zip(names, _digests(weights[name].float() for name in names))))


def computation_fingerprint(model: nn.Module, *settings: object, code: Iterable[str | Path]) -> str:
    """Names all that the bits of a model's output depend on: weights in their type, device, PyTorch, code and settings.

    Args:
        model: the model.
        settings: see `c2ser.data.fingerprint.fingerprint`.
        code: the files of the code that computes.

    Example:
        >>> computation_fingerprint(model, "frame", code=[__file__])  # doctest: +SKIP
        '0d4a9a2d5e0b4f0e9a6f0c7f5d1c3b2a'
    """
    state = model.state_dict()
    kinds = [(name, str(weight.dtype), weight.device.type, list(weight.shape)) for name, weight in state.items()]
    return fingerprint(torch.__version__, settings, files_fingerprint(code), kinds, _digests(state.values()))


def model_files_fingerprint(name: str | Path, *settings: object) -> str:
    """Names a model on disk by its configuration and weights, or one on the hub by its id; loads nothing.

    Args:
        name: a file, a folder, or else an id. Of an experiment the averaged model counts, and no other checkpoint.
        settings: what else belongs to it; see `c2ser.data.fingerprint.fingerprint`.

    Example:
        >>> model_files_fingerprint("exp/emotion2vec_s", "float32")  # doctest: +SKIP
        'c6b1f3f0c0f04a4cb3a2d9d54d2a9e51'
    """
    path = Path(name)
    if path.is_file():
        return fingerprint(settings, _files_fingerprint([path]))
    if not path.is_dir():
        return fingerprint(settings, str(name))
    averaged = sorted(path.glob(AVERAGED))
    weights = averaged or sorted(file for file in path.iterdir() if file.suffix in WEIGHTS)
    configurations = sorted(file for file in path.iterdir() if file.suffix in CONFIGURATIONS)
    return fingerprint(settings, _files_fingerprint([*configurations, *weights]))


def _files_fingerprint(paths: Iterable[Path]) -> str:
    """As `c2ser.data.fingerprint.files_fingerprint`, of digests that are remembered."""
    return fingerprint([file_digest(path).hex() for path in paths])


def _digests(weights: Iterable[Tensor]) -> list[str]:
    def digest(weight: Tensor) -> str:
        return sha256(weight.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy()).hexdigest()

    with ThreadPoolExecutor() as threads:  # hashing large arrays leaves Python's lock
        return list(threads.map(digest, weights))
