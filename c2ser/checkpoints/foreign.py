"""Sizes of a model, read off the shapes of weights by another project's names."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from c2ser.errors import InputError


def weight_shape(
    weights: Mapping[str, Tensor], name: str, *, dimensions: int, source: str | Path, model: str
) -> tuple[int, ...]:
    """Returns the shape of a weight.

    Args:
        weights: name -> weight.
        name: of the weight.
        dimensions: number of dimensions that it must have.
        source: the file, for messages.
        model: what the file should hold, for messages.

    Raises:
        InputError: the weight is missing, empty or has another number of dimensions.

    Example:
        >>> weight_shape({"w": torch.zeros(2, 3)}, "w", dimensions=2, source="x", model="an encoder")  # doctest: +SKIP
        (2, 3)
    """
    if name not in weights:
        raise InputError(f"{source}: no weight {name}, so this is not {model}")
    shape = tuple(weights[name].shape)
    if len(shape) != dimensions or 0 in shape:
        raise InputError(f"{source}: weight {name} has the shape {shape}, so this is not {model}")
    return shape


def count_layers(weights: Mapping[str, Tensor], prefix: str) -> int:
    """Returns the number of layers whose weights' names start with a prefix and the layer's number.

    Args:
        weights: name -> weight.
        prefix: such as ``blocks.``.

    Example:
        >>> count_layers({"blocks.0.a": None, "blocks.0.b": None, "blocks.1.a": None}, "blocks.")
        2
    """
    return len({name[len(prefix) :].partition(".")[0] for name in weights if name.startswith(prefix)})
