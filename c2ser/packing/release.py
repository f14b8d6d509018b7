"""The audio language model that C²SER's authors released, ``C2SER_llm.pt``, as a packed model."""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import WhisperConfig

from c2ser.alm.config import ALMConfig
from c2ser.alm.connector import ConnectorConfig
from c2ser.alm.model import C2SERModel
from c2ser.checkpoints.foreign import count_layers, weight_shape
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.packing.packed_model import PackedModel
from c2ser.packing.release_weights import WHISPER_POSITIONS, load_release_weights, read_release_weights

logger = logging.getLogger(__name__)

PROMPTS = {
    "explicit": "Please describe the speaking style, content, and the speaker's emotional state of this speech.",
    "implicit": (
        "Please consider the speaking style, content, and directly provide the speaker's emotion in this speech."
    ),
}

# The release samples with top_p 0 and 4 beams. What is left of the sampling is that each beam offers its two best
# tokens, all of which are drawn, so that nothing is random.
DECODING = {"num_beams": 4, "top_k": 2, "repetition_penalty": 1.05, "max_new_tokens": 400}
END_TOKEN = 151643  # Qwen2's <|endoftext|>, which ends the release's answers whatever the tokenizer's end mark is

WHISPER_WIDTHS = (384, 512, 768, 1024, 1280)  # OpenAI's sizes
WHISPER_HEAD = 64  # features per attention head in all of them

LORA_DROPOUT = 0.1
LLM_ROUNDING = "bfloat16"  # the release was trained upon a language model in bfloat16

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
        whisper_heads: attention heads of the Whisper encoder, which its weights do not contain; by default those of
            OpenAI's encoder of the same width, if there is one.
        llm_dtype: of the language model's weights; ``auto`` for the one that they are published in.

    Raises:
        InputError: weights are missing, unexpected or of another shape, or belong to another language model, or the
            number of heads is not known.

    Example:
        >>> import_release("C2SER_llm.pt", "emotion2vec_s", llm="Qwen/Qwen2-7B").save("packed")  # doctest: +SKIP
    """
    path = Path(checkpoint)
    weights = read_release_weights(path)
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
    load_release_weights(model, weights, path=path)
    return PackedModel(model, acoustic, list(PAPER_EMOTIONS), _decoding(model), answers={})


def _whisper_config(weights: Mapping[str, Tensor], heads: int | None, path: Path) -> dict[str, int]:
    """Fields of WhisperConfig."""
    width, bins, _ = _shape(weights, "encoder.embed.conv.0.weight", 3, path)
    if heads is None and width not in WHISPER_WIDTHS:
        raise InputError(
            f"{path}: Whisper has no encoder of width {width}, so the number of its attention heads is not known; give "
            "it with --whisper_heads"
        )
    heads = width // WHISPER_HEAD if heads is None else heads
    if heads < 1 or width % heads:
        raise InputError(f"{path}: {heads} heads do not fit a Whisper encoder of width {width}")
    return {
        "d_model": width,
        "num_mel_bins": bins,
        "encoder_layers": count_layers(weights, "encoder.encoders."),
        "encoder_attention_heads": heads,
        "encoder_ffn_dim": _shape(weights, "encoder.encoders.0.feed_forward.w_1.weight", 2, path)[0],
        "max_source_positions": _whisper_positions(weights, path),
    }


def _whisper_positions(weights: Mapping[str, Tensor], path: Path) -> int:
    """Their number; Whisper's sinusoids are not trained, so a file of what was trained does not have them."""
    if WHISPER_POSITIONS not in weights:
        return WhisperConfig().max_source_positions
    return _shape(weights, WHISPER_POSITIONS, 3, path)[1]


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


def _decoding(model: C2SERModel) -> dict[str, Any]:
    size = model.llm.get_input_embeddings().num_embeddings
    if END_TOKEN < size:
        return {**DECODING, "end_tokens": [END_TOKEN]}
    logger.warning(
        "llm '%s' has %d tokens, so it is not the release's; its own end mark ends an answer, not token %d",
        model.config.llm,
        size,
        END_TOKEN,
    )
    return dict(DECODING)


def _shape(weights: Mapping[str, Tensor], name: str, dimensions: int, path: Path) -> tuple[int, ...]:
    return weight_shape(weights, name, dimensions=dimensions, source=path, model="the released model")
