"""What a training takes from the model that it starts from: architecture, prompts, base models and weights."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any

from peft import LoraConfig
from torch import Tensor
from transformers import WhisperConfig

from c2ser.alm.config import ALMConfig
from c2ser.alm.connector import ConnectorConfig
from c2ser.alm.experiments import PREFIX, read_experiment_config
from c2ser.checkpoints.experiments import experiment_weights
from c2ser.encoders.whisper import build_semantic_encoder
from c2ser.errors import InputError
from c2ser.lm.loading import load_tokenizer
from c2ser.packing.format import is_packed, read_pack, verify_files
from c2ser.packing.hub import locate
from c2ser.packing.weights import read_weights
from c2ser.tasks.options import option_default

# Taken from the model where the training is not given a value of its own.
INHERITED = ("whisper", "llm", "llm_dtype", "llm_rounding", "acoustic_width", "perception", "prompts")

# Mappings of the architecture, what their keys have for defaults, and the keys that each training chooses anew.
ARCHITECTURE: dict[str, tuple[Callable, frozenset[str]]] = {
    "whisper_conf": (
        build_semantic_encoder,
        frozenset({"dtype", "spec_augment", "time_substitution", "dropout", "gradient_checkpointing"}),
    ),
    "connector_conf": (
        ConnectorConfig,
        frozenset({"dropout", "attention_dropout", "positional_dropout", "acoustic_dropout", "last_layer_logit"}),
    ),
    "lora_conf": (LoraConfig, frozenset({"lora_dropout", "init_lora_weights"})),
}


def inherit_architecture(args: Namespace, source: str) -> None:
    """Fills in the options of a training that are not given, from the model that it starts from.

    Args:
        args: options by the names of `ALMConfig`; changed.
        source: an experiment of ``alm_train``, or folder or hub id of a packed model.

    Raises:
        InputError: there is no such model, or an option that is given means another architecture.

    Example:
        >>> args = ALMTask.get_parser().parse_args(["--init_exp", "exp/packed"])  # doctest: +SKIP
        >>> inherit_architecture(args, args.init_exp)  # doctest: +SKIP
        >>> args.llm  # doctest: +SKIP
        'Qwen/Qwen2-7B'
    """
    model = _read_config(source)
    for name in INHERITED:
        if getattr(args, name, None) in (None, _default(name)):
            setattr(args, name, getattr(model, name))
    for name, (function, chosen_anew) in ARCHITECTURE.items():
        own, inherited = dict(getattr(args, name) or {}), getattr(model, name)
        defaults = {key: item.default for key, item in signature(function).parameters.items()}
        _check_equal(source, name, {**inherited, **own}, {**defaults, **inherited}, chosen_anew)
        kept = {key: value for key, value in inherited.items() if key not in chosen_anew or name == "lora_conf"}
        setattr(args, name, {**kept, **own})
    if isinstance(args.whisper, Mapping) and isinstance(model.whisper, Mapping):
        _check_equal(source, "whisper", args.whisper, {**WhisperConfig().to_dict(), **model.whisper}, frozenset())
    if args.llm != model.llm and load_tokenizer(args.llm).get_vocab() != load_tokenizer(model.llm).get_vocab():
        raise InputError(
            f"{source}: its language model '{model.llm}' has another tokenizer than '{args.llm}'; start with the former"
        )


def initial_weights(source: str) -> dict[str, Tensor]:
    """Reads the weights that a training starts from.

    Args:
        source: an experiment of ``alm_train``, or folder or hub id of a packed model.

    Returns:
        What `C2SERModel.trainable_state_dict` returned.

    Raises:
        InputError: there is no such model, or its training is not finished.
    """
    if _is_experiment(source):
        return experiment_weights(source, prefix=PREFIX)
    folder = locate(source)
    verify_files(folder)
    return read_weights(folder)


def _read_config(source: str) -> ALMConfig:
    return read_experiment_config(source) if _is_experiment(source) else read_pack(locate(source)).alm


def _is_experiment(source: str) -> bool:
    return Path(source).is_dir() and not is_packed(source)


def _default(name: str) -> Any:
    """The default of a field of `ALMConfig`, as the options of a training have it."""
    return option_default(next(item for item in fields(ALMConfig) if item.name == name))


def _check_equal(source: str, name: str, own: Mapping, expected: Mapping, chosen_anew: frozenset[str]) -> None:
    for key, value in own.items():
        theirs = expected.get(key)
        if key not in chosen_anew and _comparable(value) != _comparable(theirs):
            raise InputError(
                f"{source}: has {name}.{key} {_comparable(theirs)}, this training {_comparable(value)}; "
                "leave it out to train this model on"
            )


def _comparable(value: Any) -> Any:
    """Sequences as lists; names, whose order means nothing, sorted."""
    if isinstance(value, set | frozenset | tuple | list):
        return sorted(value) if all(isinstance(item, str) for item in value) else list(value)
    return value
