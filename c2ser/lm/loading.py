"""The language model: any causal LM of transformers by id or folder, with LoRA, or a small one from a configuration."""

import json
import warnings
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import sentencepiece
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaTokenizer,
    PreTrainedTokenizerBase,
)

from c2ser.errors import InputError
from c2ser.settings import settings, torch_dtype


def load_tokenizer(llm: str) -> PreTrainedTokenizerBase:
    """Loads the tokenizer of a language model by hub id or folder.

    Raises:
        InputError: there is none.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(llm)
    except (OSError, ValueError) as error:
        raise InputError(f"llm '{llm}': {str(error).splitlines()[0]}; give a hub id or a folder") from None
    if tokenizer.eos_token is None or not tokenizer.is_fast:
        raise InputError(f"llm '{llm}': its tokenizer has no end mark, or is none of transformers' fast ones")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_llm(llm: str, lora: dict | None = None, dtype: str = "float32", rounding: str | None = None) -> nn.Module:
    """Loads a causal language model.

    Args:
        llm: hub id or folder. A folder that has a configuration but no weights gives random ones.
        lora: fields of peft's LoraConfig; with them only the adapters train.
        dtype: of the weights; ``auto`` for the one that they are published in.
        rounding: dtype that the weights are rounded to first; None for no rounding.

    Raises:
        InputError: it cannot be loaded.
    """
    options = {} if dtype == "auto" else {"dtype": torch_dtype(dtype, "llm_dtype")}
    try:
        if has_weights(llm):
            model = AutoModelForCausalLM.from_pretrained(llm, **options)
        else:
            model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(llm), **options)
    except (OSError, ValueError) as error:
        raise InputError(f"llm '{llm}': {str(error).splitlines()[0]}; give a hub id or a folder") from None
    # The last positions of a batch are a view whose strides make a CPU copy the whole matrix of weights, once for each
    # row; a clone has strides of its own, also where `contiguous` takes the view of a single row for contiguous.
    model.get_output_embeddings().register_forward_pre_hook(
        lambda _, inputs: (inputs[0].clone(memory_format=torch.contiguous_format),)
    )
    if rounding:
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(parameter.to(torch_dtype(rounding, "llm_rounding")))
    if not lora:
        return model
    try:
        with warnings.catch_warnings():
            # PEFT reads this property of transformers by its older name.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            return get_peft_model(model, settings(partial(LoraConfig, task_type="CAUSAL_LM"), lora, "lora_conf"))
    except (TypeError, ValueError) as error:
        raise InputError(f"llm '{llm}': LoRA does not fit it: {str(error).splitlines()[0]}") from None


def has_weights(llm: str) -> bool:
    """Tells whether a language model is pretrained: a hub id, or a folder with weights in it."""
    folder = Path(llm)
    return not folder.is_dir() or any(folder.glob("*.safetensors")) or any(folder.glob("*.bin"))


def build_llm(model: dict, tokenizer: dict, texts: Iterable[str], output_dir: str | Path) -> None:
    """Writes the folder of a small language model that is yet to be trained: configuration and tokenizer.

    Args:
        model: fields of transformers' LlamaConfig, whose tokenizer reads sentencepiece; the vocabulary is set here.
        tokenizer: options of sentencepiece's trainer, such as ``vocab_size``.
        texts: what the tokenizer is trained on.

    Raises:
        InputError: there is no text.
    """
    output_dir = Path(output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        _train_sentencepiece(texts, Path(folder) / "tokenizer", tokenizer)
        (Path(folder) / "tokenizer_config.json").write_text(json.dumps({"pad_token": "<pad>"}), encoding="utf-8")
        pieces = LlamaTokenizer.from_pretrained(folder)
    pieces.save_pretrained(output_dir)
    special = {"bos_token_id": pieces.bos_token_id, "eos_token_id": pieces.eos_token_id}
    config = LlamaConfig(**model, vocab_size=len(pieces), pad_token_id=pieces.pad_token_id, **special)
    config.save_pretrained(output_dir)


def _train_sentencepiece(texts: Iterable[str], prefix: Path, options: dict) -> None:
    """Trains BPE that gives every text back as it was: no normalisation, bytes for rare characters."""
    sentences = list(texts)
    if not sentences:
        raise InputError("no text to train a tokenizer on; build the CoT data first")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(prefix),
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        hard_vocab_limit=False,
        pad_id=3,
        num_threads=1,
        minloglevel=2,
        **options,
    )
