"""Causal language models of transformers by hub id or folder, with LoRA."""

import warnings
from functools import partial
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from c2ser.checkpoints.pretrained import load_pretrained, read_pretrained
from c2ser.errors import InputError
from c2ser.settings import build_from_mapping, torch_dtype


def load_tokenizer(llm: str) -> PreTrainedTokenizerBase:
    """Loads the tokenizer of a language model.

    Args:
        llm: hub id or folder.

    Returns:
        A fast tokenizer with end and padding marks.

    Raises:
        InputError: there is none, or it has no end mark.

    Example:
        >>> load_tokenizer("Qwen/Qwen2-7B").eos_token  # doctest: +SKIP
        '<|endoftext|>'
    """
    tokenizer = read_pretrained(AutoTokenizer, llm, role="llm")
    if tokenizer.eos_token is None or not tokenizer.is_fast:
        raise InputError(f"llm '{llm}': its tokenizer has no end mark, or is not one of transformers' fast ones")
    if not tokenizer("a", add_special_tokens=False).input_ids:  # without its file, transformers builds an empty one
        raise InputError(f"llm '{llm}': its tokenizer has no vocabulary; are all of its files there?")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_llm(llm: str, lora: dict | None = None, *, dtype: str = "float32", rounding: str | None = None) -> nn.Module:
    """Loads a causal language model.

    Args:
        llm: hub id or folder. A folder that has a configuration but no weights gives random ones.
        lora: fields of peft's LoraConfig; with them only the adapters train.
        dtype: of the weights; ``auto`` for the one that they are published in.
        rounding: dtype that the weights are rounded to first; None for no rounding.

    Returns:
        The model, in evaluation mode if its weights were loaded.

    Raises:
        InputError: it cannot be loaded, its weights do not fit it, or LoRA does not.

    Example:
        >>> load_llm("Qwen/Qwen2-7B", {"r": 8, "target_modules": ["q_proj"]}, dtype="bfloat16")  # doctest: +SKIP
    """
    options = {} if dtype == "auto" else {"dtype": torch_dtype(dtype, "llm_dtype")}
    config = read_pretrained(AutoConfig, llm, role="llm")
    if config.is_encoder_decoder:
        raise InputError(f"llm '{llm}': a {config.model_type} is not a causal language model; give another one")
    if has_weights(llm):
        model = load_pretrained(AutoModelForCausalLM, llm, role="llm", **options)
    else:
        try:
            model = AutoModelForCausalLM.from_config(config, **options)
        except ValueError as error:
            raise InputError(f"llm '{llm}': {str(error).splitlines()[0]}; give another one") from None
    # The last positions of a batch are a view whose strides make a CPU copy the whole matrix of weights, once for each
    # row; a clone has strides of its own, also where `contiguous` takes the view of a single row for contiguous.
    model.get_output_embeddings().register_forward_pre_hook(_clone_input)
    if rounding:
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(parameter.to(torch_dtype(rounding, "llm_rounding")))
    return with_lora(model, lora, name=llm) if lora else model


def has_weights(llm: str) -> bool:
    """Returns whether a language model is pretrained: a hub id, or a folder with weights in it.

    Args:
        llm: hub id or folder.
    """
    folder = Path(llm)
    return not folder.is_dir() or any(folder.glob("*.safetensors")) or any(folder.glob("*.bin"))


def _clone_input(_module: nn.Module, inputs: tuple) -> tuple:
    return (inputs[0].clone(memory_format=torch.contiguous_format),)


def with_lora(model: nn.Module, lora: dict, *, name: str) -> nn.Module:
    """Puts adapters into a language model; they alone train.

    Args:
        model: of transformers.
        lora: fields of peft's LoraConfig.
        name: of the model, for messages.

    Raises:
        InputError: LoRA does not fit it.

    Example:
        >>> with_lora(model, {"r": 8, "target_modules": ["q_proj"]}, name="Qwen/Qwen2-7B")  # doctest: +SKIP
    """
    try:
        with warnings.catch_warnings():
            # PEFT reads this property of transformers by its older name.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            config = build_from_mapping(partial(LoraConfig, task_type="CAUSAL_LM"), lora, name="lora_conf")
            return get_peft_model(model, config)
    except (TypeError, ValueError) as error:
        raise InputError(f"llm '{name}': LoRA does not fit it: {str(error).splitlines()[0]}") from None
