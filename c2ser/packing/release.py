"""The audio language model that C²SER's authors released, ``C2SER_llm.pt``, in this project's terms."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from c2ser.alm.config import ALMConfig
from c2ser.alm.connector import ConnectorConfig, sinusoids
from c2ser.alm.model import C2SERModel
from c2ser.checkpoints.foreign import count_layers, weight_shape
from c2ser.checkpoints.pickles import load_checkpoint
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.packing.packed_model import PackedModel

PROMPTS = {
    "explicit": "Please describe the speaking style, content, and the speaker's emotional state of this speech.",
    "implicit": (
        "Please consider the speaking style, content, and directly provide the speaker's emotion in this speech."
    ),
}
DECODING = {"num_beams": 4, "repetition_penalty": 1.05}

LORA_DROPOUT = 0.1
LLM_ROUNDING = "bfloat16"  # the release was trained upon a language model in bfloat16

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
_CONNECTOR_POSITIONS = "speech_transformer.embed.pos_enc.pe"
_ADAPTER = re.compile(r"llama_model\..*\.([^.]+)\.lora_[AB]\.default\.weight")


def import_release(
    checkpoint: str | Path,
    emotion2vec: str | Path,
    *,
    llm: str,
    lora_alpha: float = 32,
    whisper_heads: int | None = None,
    llm_dtype: str = "auto",
) -> PackedModel:
    """Reads the released model; sizes come from the weights' shapes.

    Args:
        checkpoint: ``C2SER_llm.pt``; nothing in it is run.
        emotion2vec: what `Emotion2Vec.from_pretrained` reads.
        llm: hub id or folder of the language model that the release is built on; the checkpoint's copy of it is
            compared with it and left out. If the folder has no weights, the copy is taken.
        lora_alpha: scale of the adapters, which their weights do not contain.
        whisper_heads: attention heads of the Whisper encoder; by default one per 64 features, as in all of OpenAI's,
            and at least 4.
        llm_dtype: of the language model's weights; ``auto`` for the one that they are published in.

    Raises:
        InputError: weights are missing, unexpected or of another shape, or belong to another language model.

    Example:
        >>> import_release("C2SER_llm.pt", "emotion2vec_s", llm="Qwen/Qwen2-7B").save("packed")  # doctest: +SKIP
    """
    path = Path(checkpoint)
    weights = _read_state_dict(path)
    acoustic = Emotion2Vec.from_pretrained(emotion2vec)
    whisper = _whisper_config(weights, whisper_heads, path)
    if acoustic.dim > whisper["d_model"]:
        raise InputError(f"{emotion2vec}: tokens of width {acoustic.dim} do not fit Whisper's, {whisper['d_model']}")
    config = ALMConfig(
        whisper=whisper,
        llm=llm,
        acoustic_width=acoustic.dim,
        whisper_conf={"mirror_end": True},
        connector_conf=_connector_conf(weights, path),
        lora_conf=_lora_conf(weights, lora_alpha, path),
        llm_dtype=llm_dtype,
        llm_rounding=LLM_ROUNDING,
        prompts=PROMPTS,
    )
    model = C2SERModel(config)
    _load(model, weights, path)
    return PackedModel(model, acoustic, list(PAPER_EMOTIONS), DECODING)


def _read_state_dict(path: Path) -> dict[str, Tensor]:
    """Reads the weights that have a part in the answer."""
    weights = load_checkpoint(path)
    if not isinstance(weights, Mapping) or not all(isinstance(name, str) for name in weights):
        raise InputError(f"{path}: no state dict, so this is not the released model")
    for name, weight in weights.items():
        if not isinstance(weight, Tensor):
            raise InputError(f"{path}: {name} among the weights is not a tensor")
    return {name: weight for name, weight in weights.items() if not name.startswith(_UNUSED)}


def _whisper_config(weights: Mapping[str, Tensor], heads: int | None, path: Path) -> dict[str, int]:
    """Fields of WhisperConfig."""
    width, bins, _ = _shape(weights, "encoder.embed.conv.0.weight", 3, path)
    heads = max(4, width // 64) if heads is None else heads
    if heads < 1 or width % heads:
        raise InputError(f"{path}: {heads} heads do not fit a Whisper encoder of width {width}")
    return {
        "d_model": width,
        "num_mel_bins": bins,
        "encoder_layers": count_layers(weights, "encoder.encoders."),
        "encoder_attention_heads": heads,
        "encoder_ffn_dim": _shape(weights, "encoder.encoders.0.feed_forward.w_1.weight", 2, path)[0],
        "max_source_positions": _shape(weights, "encoder.embed.pos_enc.pe", 3, path)[1],
    }


def _connector_conf(weights: Mapping[str, Tensor], path: Path) -> dict[str, int]:
    """Fields of `ConnectorConfig`."""
    feed_forward, width = _shape(weights, "speech_transformer.encoders.0.feed_forward.w_1.weight", 2, path)
    if width % ConnectorConfig.heads:
        raise InputError(
            f"{path}: speech_transformer is {width} wide, no multiple of its {ConnectorConfig.heads} heads"
        )
    return {"layers": count_layers(weights, "speech_transformer.encoders."), "feed_forward": feed_forward}


def _lora_conf(weights: Mapping[str, Tensor], alpha: float, path: Path) -> dict:
    """Fields of peft's LoraConfig."""
    adapters = {name: found.group(1) for name in weights if (found := _ADAPTER.fullmatch(name))}
    factor = next((name for name in adapters if ".lora_A." in name), "llama_model...lora_A.default.weight")
    rank, _ = _shape(weights, factor, 2, path)
    targets = sorted(set(adapters.values()))
    return {"r": rank, "lora_alpha": alpha, "lora_dropout": LORA_DROPOUT, "target_modules": targets}


def _shape(weights: Mapping[str, Tensor], name: str, dimensions: int, path: Path) -> tuple[int, ...]:
    return weight_shape(weights, name, dimensions=dimensions, source=path, model="the released model")


def _load(model: C2SERModel, weights: dict[str, Tensor], path: Path) -> None:
    """Gives a model the release's weights; what it has frozen must be as in the release."""
    left = dict(weights)
    trained = model.trainable_state_dict()
    state = {}
    for name, own in model.state_dict().items():
        if name.startswith("connector.mix.") or name.endswith("_digest"):
            state[name] = own  # the release takes Whisper's output as it is, and so does a new mix of one layer
            continue
        foreign = _foreign_names(name)
        weight = _joined([_take(left, part, path) for part in foreign], name)
        if weight.shape != own.shape:
            expected = f"with llm '{model.config.llm}' and the other weights {tuple(own.shape)} is expected"
            raise InputError(f"{path}: weight {foreign[0]} has the shape {tuple(weight.shape)}; {expected}")
        if name in trained:
            state[name] = weight
        else:
            _check_same(weight, own, foreign[0], model.config.llm, path)
    model.load_trainable_state_dict(state, str(path))
    _check_copies(model, left, path)
    if left:
        raise InputError(f"{path}: weights that the released model does not have: {', '.join([*left][:3])}")


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
        raise InputError(f"{path}: no weight {name}, which the released model has; is it built on another llm?")
    return weights.pop(name)


def _check_copies(model: C2SERModel, weights: dict[str, Tensor], path: Path) -> None:
    """Takes out what the release saves twice or could compute, if it is what the model has too."""
    embeddings, head = model.llm.get_input_embeddings().weight, model.llm.get_output_embeddings().weight
    for name, own in (("embed_tokens.weight", embeddings), ("lm_head.weight", head)):
        _check_same(_take(weights, name, path), own.detach(), name, model.config.llm, path)
    width = model.whisper.width
    _, length, _ = _shape(weights, _CONNECTOR_POSITIONS, 3, path)
    positions = weights.pop(_CONNECTOR_POSITIONS).float()
    expected = sinusoids(length, width, device=positions.device).unsqueeze(0)
    if positions.shape != expected.shape or not torch.allclose(positions, expected, atol=1e-2):
        raise InputError(f"{path}: {_CONNECTOR_POSITIONS} are no sinusoidal positions of width {width}")


def _check_same(weight: Tensor, own: Tensor, name: str, llm: str, path: Path) -> None:
    if not torch.equal(weight.to(own.dtype), own):
        raise InputError(f"{path}: weight {name} is not that of llm '{llm}'; name the one that the release is built on")
