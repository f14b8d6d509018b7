"""The weights of the audio language model that C²SER's authors released, in this project's terms."""

import logging
import re
from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from torch import Tensor

from c2ser.alm.connector import sinusoids
from c2ser.alm.model import C2SERModel
from c2ser.checkpoints.pickles import load_checkpoint
from c2ser.errors import InputError
from c2ser.lm.loading import has_weights

logger = logging.getLogger(__name__)

# There, but with no part in the answer: a norm that is never applied, and the head for speech output.
_UNUSED = ("ln_speech.", "speaker_head.")

# What names of weights here are made of -> how the release calls it, by part of the model.
_TERMS = {
    "whisper": {
        "whisper.encoder.conv1.": "encoder.embed.conv.0.",
        "whisper.encoder.conv2.": "encoder.embed.conv.2.",
        "whisper.encoder.embed_positions.weight": "encoder.embed.pos_enc.pe",
        "whisper.encoder.layer_norm.": "encoder.after_norm.",
        "whisper.encoder.layers.": "encoder.encoders.",
        ".q_proj.": ".linear_q.",
        ".k_proj.": ".linear_k.",
        ".v_proj.": ".linear_v.",
        ".out_proj.": ".linear_out.",
        ".fc1.": ".feed_forward.w_1.",
        ".fc2.": ".feed_forward.w_2.",
        ".self_attn_layer_norm.": ".norm1.",
        ".final_layer_norm.": ".norm2.",
    },
    "connector": {
        "connector.downsampling.convs.0.": "down_sample_2.conv.1.",
        "connector.downsampling.convs.1.": "down_sample_2.conv.4.",
        "connector.downsampling.convs.2.": "down_sample_2.conv.7.",
        "connector.input.": "speech_transformer.embed.out.",
        "connector.transformer.layers.": "speech_transformer.encoders.",
        "connector.transformer.norm.": "speech_transformer.after_norm.",
        "connector.output.": "speech_llama_proj.",
        ".in_proj_": ".linear_{}.",
        ".out_proj.": ".linear_out.",
        ".linear1.": ".feed_forward.w_1.",
        ".linear2.": ".feed_forward.w_2.",
    },
    "speech_marks": {"speech_marks.weight": "speech_token_emded.weight"},
    "llm": {"llm.base_model.": "llama_model.base_model."},
}

_LLM = "llama_model."

# Computed, not trained; files of what was trained lack them.
WHISPER_POSITIONS, _POSITIONS = "encoder.embed.pos_enc.pe", "whisper.encoder.embed_positions.weight"
_CONNECTOR_POSITIONS = "speech_transformer.embed.pos_enc.pe"
_FREQUENCIES = "rotary_emb.inv_freq"  # older versions of transformers saved them

_WRAPPER = "module."  # before each name where a training's wrapper was saved


def read_release_weights(path: Path) -> dict[str, Tensor]:
    """Reads the weights that have a part in the answer.

    Args:
        path: ``C2SER_llm.pt``, or a state dict that a training upon it saved; nothing in it is run.

    Raises:
        InputError: it is not a state dict.

    Example:
        >>> read_release_weights(Path("C2SER_llm.pt"))["speech_llama_proj.bias"].shape  # doctest: +SKIP
        torch.Size([3584])
    """
    weights = load_checkpoint(path)
    if not isinstance(weights, Mapping) or not all(isinstance(name, str) for name in weights):
        raise InputError(f"{path}: no state dict, so this is not the released model")
    for name, weight in weights.items():
        if not isinstance(weight, Tensor):
            raise InputError(f"{path}: {name} among the weights is not a tensor")
    wrapper = _WRAPPER if all(name.startswith(_WRAPPER) for name in weights) else ""
    weights = {name.removeprefix(wrapper): weight for name, weight in weights.items()}
    return {
        name: weight
        for name, weight in weights.items()
        if not name.startswith(_UNUSED) and not name.endswith(_FREQUENCIES)
    }


def load_release_weights(model: C2SERModel, weights: Mapping[str, Tensor], *, path: Path) -> None:
    """Gives a model the release's weights.

    What the release has frozen, the language model, must be as in the model where it is there. A file of what was
    trained lacks all of it.

    Args:
        model: the model, of the same sizes.
        weights: what `read_release_weights` returned.
        path: where they were read from, for messages.

    Raises:
        InputError: weights are missing, unexpected, of another shape or of another language model.

    Example:
        >>> load_release_weights(model, read_release_weights(path), path=path)  # doctest: +SKIP
    """
    left, llm = dict(weights), model.config.llm
    state = model.state_dict()
    frozen = state.keys() - model.trainable_state_dict().keys()
    absent = _left_to_llm(frozen, left, llm, path)
    if WHISPER_POSITIONS not in left:
        absent.add(_POSITIONS)
    for name, own in state.items():
        # The release takes Whisper's output as it is, and so does a new mix of one layer.
        if name in absent or name.startswith("connector.mix.") or name.endswith("_digest"):
            continue
        foreign = _foreign_names(name)
        weight = _joined([_take(left, part, path) for part in foreign], name)
        if weight.shape != own.shape:
            expected = f"with llm '{llm}' and the other weights {tuple(own.shape)} is expected"
            raise InputError(f"{path}: weight {foreign[0]} has the shape {tuple(weight.shape)}; {expected}")
        if name in frozen:
            _check_same(weight, own, foreign[0], llm, path)
        state[name] = weight
    model.load_trainable_state_dict({name: state[name] for name in state.keys() - frozen}, str(path))
    _check_copies(model, left, path)
    if left:
        raise InputError(f"{path}: weights that the released model does not have: {', '.join([*left][:3])}")


def _left_to_llm(frozen: Collection[str], weights: Mapping[str, Tensor], llm: str, path: Path) -> set[str]:
    """The frozen weights where a file has none of them; a part of them is refused later, by name."""
    if any(name.startswith(_LLM) and ".lora_" not in name for name in weights):
        return set()
    if not has_weights(llm):
        raise InputError(
            f"{path}: no weights of the language model, and llm '{llm}' has none either; give --llm a hub id, or a "
            "folder with weights"
        )
    logger.warning(
        "%s: no weights of the language model, so those of llm '%s' are taken; the file does not tell whether it was "
        "trained upon these",
        path,
        llm,
    )
    return set(frozen)


def _foreign_names(name: str) -> list[str]:
    """The release's name of a weight; three where queries, keys and values are one weight here."""
    terms = _TERMS[name.partition(".")[0]]
    foreign = re.sub("|".join(map(re.escape, terms)), lambda term: terms[term.group()], name)
    return [foreign.format(part) for part in "qkv"] if "{}" in foreign else [foreign]


def _joined(parts: list[Tensor], name: str) -> Tensor:
    if name == "speech_marks.weight":
        return parts[0][-2:]  # the rows before are tokens of speech output
    if name.endswith("embed_positions.weight"):
        return parts[0].squeeze(0)
    return torch.cat(parts) if len(parts) > 1 else parts[0]


def _take(weights: dict[str, Tensor], name: str, path: Path) -> Tensor:
    if name not in weights:
        hint = (
            "is it built on another llm?"
            if name.startswith(_LLM)
            else "if a later training left that frozen, add its weights to those of the checkpoint that it started from"
        )
        raise InputError(f"{path}: no weight {name}, which the released model has; {hint}")
    return weights.pop(name)


def _check_copies(model: C2SERModel, weights: dict[str, Tensor], path: Path) -> None:
    """Takes out what the release saves twice or could compute, if it is there, and what the model has too."""
    embeddings, head = model.llm.get_input_embeddings().weight, model.llm.get_output_embeddings().weight
    for name, own in (("embed_tokens.weight", embeddings), ("lm_head.weight", head)):
        if name in weights:
            _check_same(weights.pop(name), own.detach(), name, model.config.llm, path)
    if _CONNECTOR_POSITIONS in weights:
        _check_positions(weights.pop(_CONNECTOR_POSITIONS).float(), model.whisper.width, path)


def _check_positions(positions: Tensor, width: int, path: Path) -> None:
    expected = sinusoids(positions.shape[1] if positions.dim() == 3 else 0, width, device=positions.device).unsqueeze(0)
    if positions.shape != expected.shape or not torch.allclose(positions, expected, atol=1e-2):
        raise InputError(f"{path}: {_CONNECTOR_POSITIONS} are no sinusoidal positions of width {width}")


def _check_same(weight: Tensor, own: Tensor, name: str, llm: str, path: Path) -> None:
    if not torch.equal(weight.to(own.dtype), own):
        raise InputError(f"{path}: weight {name} is not that of llm '{llm}'; name the one that the release is built on")
