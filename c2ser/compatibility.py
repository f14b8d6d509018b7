"""What releases of transformers name differently: the older names still work in newer ones, but warn the user."""

from torch import nn
from transformers.modeling_outputs import BaseModelOutputWithPast

#: Argument of a forward pass, and field of its output, that holds the keys and values of earlier positions.
CACHE = "cache" if "cache" in BaseModelOutputWithPast.__dataclass_fields__ else "past_key_values"


def checkpoint_activations(model: nn.Module) -> None:
    """Has a model of transformers compute its activations anew in the backward pass, for less memory.

    Args:
        model: of transformers, also inside of PEFT's LoRA.

    Example:
        >>> from transformers import GPT2Config, GPT2LMHeadModel
        >>> checkpoint_activations(GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=8, n_head=1)))
    """
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})
