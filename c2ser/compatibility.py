"""What releases of transformers and torch name differently, or do not name at all."""

import torch
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


def cpu_has_bfloat16() -> bool:
    """Returns whether this machine's CPU has instructions for matrix products in bfloat16 (AVX-512 BF16 or AMX).

    Others emulate them, several times slower than float32.

    Example:
        >>> cpu_has_bfloat16() in (True, False)
        True
    """
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # torch has no public names for them
    return any(getattr(torch.cpu, name, bool)() for name in checks)
