"""Loading weights that must fit."""

from collections.abc import Collection, Mapping
from pathlib import Path

from torch import Tensor, nn

from c2ser.errors import InputError


def load_weights(
    model: nn.Module, state: Mapping[str, Tensor], *, source: str | Path, not_saved: Collection[str] = ()
) -> None:
    """Loads all weights of a model.

    Args:
        model: the model.
        state: weights by name.
        source: where they come from, for messages.
        not_saved: names of weights that may be missing.

    Raises:
        InputError: weights are missing or unexpected, or have another shape; names them.

    Example:
        >>> load_weights(nn.Linear(3, 2), {"weight": torch.zeros(2, 3)}, source="x.pth", not_saved=["bias"])
        ...  # doctest: +SKIP
    """
    own = model.state_dict()
    missing = [name for name in own if name not in state and name not in not_saved]
    unexpected = [name for name in state if name not in own]
    reshaped = [name for name in state if name in own and state[name].shape != own[name].shape]
    if missing or unexpected or reshaped:
        faults = f"missing {missing[:3]}, unexpected {unexpected[:3]}, of another shape {reshaped[:3]}"
        raise InputError(f"{source}: weights do not fit the configuration; {faults}")
    model.load_state_dict(state, strict=False)
