"""The authors' released model at any size: weights by its names, random, and what it computes, by their names."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor
from transformers import Qwen2Config, Qwen2ForCausalLM

from c2ser.lm.building import build_llm
from c2ser.lm.loading import load_llm, load_tokenizer
from c2ser.packing.release import PROMPTS
from helpers.tiny_alm import targets

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Sizes:
    """Sizes of a model like the release; those of the language model are fields of Qwen2Config."""

    width: int = 32
    heads: int = 4
    layers: int = 1
    feed_forward: int = 40
    bins: int = 80
    positions: int = 60
    connector_layers: int = 1
    connector_feed_forward: int = 48
    rank: int = 3
    alpha: int = 32
    speech_tokens: int = 5
    vocabulary: int = 400
    llm: dict = field(
        default_factory=lambda: {
            "hidden_size": 24,
            "intermediate_size": 40,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
        }
    )


def save_llm(sizes: Sizes, folder: Path, seed: int = 0) -> str:
    """Saves a Qwen2 in bfloat16, as Qwen2-7B is published."""
    torch.manual_seed(seed)
    build_llm({}, {"vocab_size": sizes.vocabulary}, texts=[*PROMPTS.values(), *targets()], output_dir=folder)
    vocabulary = len(load_tokenizer(str(folder)))
    config = Qwen2Config(**{"vocab_size": vocabulary, "initializer_range": 0.1, **sizes.llm})
    Qwen2ForCausalLM(config).bfloat16().save_pretrained(folder)
    return str(folder)


def release_llm(llm: str, sizes: Sizes, seed: int = 1) -> PeftModel:
    """The release's language model in bfloat16, with adapters in float32 that are not zero."""
    torch.manual_seed(seed)
    lora = LoraConfig(r=sizes.rank, lora_alpha=sizes.alpha, target_modules=TARGETS, init_lora_weights=False)
    return get_peft_model(load_llm(llm, dtype="auto"), lora).eval()


def release_weights(llm: PeftModel, sizes: Sizes, seed: int = 1) -> Weights:
    """Random weights by the names and of the shapes of the release."""
    torch.manual_seed(seed)
    llm_width = llm.get_input_embeddings().embedding_dim
    shapes, norms = _shapes(sizes, llm_width)
    weights = {f"{name}.weight": torch.randn(shape) / math.sqrt(math.prod(shape[1:])) for name, shape in shapes.items()}
    weights |= {f"{name}.bias": torch.randn(shape[0]) * 0.1 for name, shape in shapes.items()}
    weights |= {f"{name}.weight": 1 + torch.randn(sizes.width) * 0.1 for name in norms}
    weights |= {f"{name}.bias": torch.randn(sizes.width) * 0.1 for name in norms}
    for layer in range(sizes.layers):
        del weights[f"encoder.encoders.{layer}.self_attn.linear_k.bias"]
    weights["encoder.embed.pos_enc.pe"] = torch.randn(1, sizes.positions, sizes.width)
    weights["speech_transformer.embed.pos_enc.pe"] = positions(80, sizes.width)
    weights["speech_token_emded.weight"] = torch.randn(
        sizes.speech_tokens + 2, llm.get_input_embeddings().embedding_dim
    )
    weights |= {f"llama_model.{name}": weight for name, weight in llm.state_dict().items()}
    weights["embed_tokens.weight"] = llm.get_input_embeddings().weight.detach()
    weights["lm_head.weight"] = llm.get_output_embeddings().weight.detach()
    return weights


def _shapes(sizes: Sizes, llm_width: int) -> tuple[dict[str, tuple[int, ...]], list[str]]:
    """Shapes of the weights of linear layers and convolutions, which have a bias of the first dimension; norms."""
    width = sizes.width
    shapes = {
        "encoder.embed.conv.0": (width, sizes.bins, 3),
        "encoder.embed.conv.2": (width, width, 3),
        "speech_transformer.embed.out.0": (width, width),
        "speech_llama_proj": (llm_width, width),
        "speaker_head": (sizes.speech_tokens, llm_width),
    }
    shapes |= {f"down_sample_2.conv.{layer}": (width, width, 3) for layer in (1, 4, 7)}
    norms = ["encoder.after_norm", "ln_speech", "speech_transformer.embed.out.1", "speech_transformer.after_norm"]
    for encoder, layers, feed_forward in (
        ("encoder", sizes.layers, sizes.feed_forward),
        ("speech_transformer", sizes.connector_layers, sizes.connector_feed_forward),
    ):
        for block in (f"{encoder}.encoders.{layer}" for layer in range(layers)):
            shapes |= {f"{block}.self_attn.linear_{part}": (width, width) for part in ("q", "k", "v", "out")}
            shapes[f"{block}.feed_forward.w_1"] = (feed_forward, width)
            shapes[f"{block}.feed_forward.w_2"] = (width, feed_forward)
            norms += [f"{block}.norm1", f"{block}.norm2"]
    return shapes, norms


def positions(length: int, width: int) -> Tensor:
    """Sines and cosines (1, T, D), in turns."""
    angles = torch.arange(length).unsqueeze(1) / 10000 ** (torch.arange(0, width, 2) / width)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1).unsqueeze(0)


def release_speech(weights: Weights, sizes: Sizes, *, mel: Tensor, acoustic: Tensor) -> Tensor:
    """What the release gives its language model of an utterance.

    Args:
        weights: by the release's names.
        sizes: of the model.
        mel: log-mel spectrogram (1, M, T).
        acoustic: Emotion2Vec-S's tokens (1, U, A).

    Returns:
        (S, W).
    """

    def conv(x: Tensor, name: str, stride: int, padding: int) -> Tensor:
        return F.gelu(F.conv1d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride, padding))

    x = conv(conv(mel, "encoder.embed.conv.0", 1, 1), "encoder.embed.conv.2", 2, 1).transpose(1, 2)
    x = x + weights["encoder.embed.pos_enc.pe"][:, : x.shape[1]]
    for layer in range(sizes.layers):
        x = _block(x, weights, f"encoder.encoders.{layer}", sizes.heads, F.gelu)
    x = _norm(x, weights, "encoder.after_norm").transpose(1, 2)
    for layer, stride in ((1, 1), (4, 2), (7, 2)):
        x = conv(F.pad(x, (2, 0)), f"down_sample_2.conv.{layer}", stride, 0)
    x = torch.cat([F.pad(acoustic, (0, sizes.width - acoustic.shape[2])), x.transpose(1, 2)], dim=1)
    x = _norm(_linear(x, weights, "speech_transformer.embed.out.0"), weights, "speech_transformer.embed.out.1")
    x = x * math.sqrt(sizes.width) + positions(x.shape[1], sizes.width)
    for layer in range(sizes.connector_layers):
        x = _block(x, weights, f"speech_transformer.encoders.{layer}", 4, F.relu)
    x = _norm(x, weights, "speech_transformer.after_norm")
    return _linear(x, weights, "speech_llama_proj")[0]


def release_inputs(weights: Weights, llm: PeftModel, *, prompt: list[int], speech: Tensor) -> Tensor:
    """What the language model reads (1, S, W): prompt, mark, speech, mark."""
    embed = llm.get_input_embeddings()
    begin, end = weights["speech_token_emded.weight"][-2:].split(1)
    parts = [embed(torch.tensor(prompt)), begin, speech, end]
    return torch.cat([part.to(embed.weight.dtype) for part in parts]).unsqueeze(0)


def _block(x: Tensor, weights: Weights, name: str, heads: int, activation) -> Tensor:
    normed = _norm(x, weights, f"{name}.norm1")
    parts = [_linear(normed, weights, f"{name}.self_attn.linear_{part}") for part in "qkv"]
    q, k, v = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in parts)
    attended = (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(3) @ v
    x = x + _linear(attended.transpose(1, 2).flatten(2), weights, f"{name}.self_attn.linear_out")
    inner = activation(_linear(_norm(x, weights, f"{name}.norm2"), weights, f"{name}.feed_forward.w_1"))
    return x + _linear(inner, weights, f"{name}.feed_forward.w_2")


def _linear(x: Tensor, weights: Weights, name: str) -> Tensor:
    return F.linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))


def _norm(x: Tensor, weights: Weights, name: str) -> Tensor:
    return F.layer_norm(x, x.shape[2:], weights[f"{name}.weight"], weights[f"{name}.bias"])
