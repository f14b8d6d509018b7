"""Base models whose folders are not what they should be: one line with the folder, never random weights."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from c2ser.encoders.utterance import load_encoder
from c2ser.encoders.whisper import build_semantic_encoder
from c2ser.errors import InputError
from c2ser.lm.loading import load_llm

LOADERS = {"whisper": build_semantic_encoder, "qwen2": load_llm, "encoder": load_encoder}
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
Weights = dict[str, torch.Tensor]


@pytest.fixture
def folders(base_models, tmp_path) -> dict[str, Path]:
    """Copies of base models, with a WavLM as ``encoder``."""
    from transformers import Wav2Vec2FeatureExtractor, WavLMConfig, WavLMModel

    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    convolutions = {"conv_dim": [32] * 3, "conv_kernel": [10, 8, 4], "conv_stride": [5, 8, 8]}
    torch.manual_seed(0)
    WavLMModel(WavLMConfig(**sizes, **convolutions, num_conv_pos_embedding_groups=2)).save_pretrained(
        tmp_path / "encoder ü"
    )
    Wav2Vec2FeatureExtractor().save_pretrained(tmp_path / "encoder ü")
    copies = {name: shutil.copytree(folder, tmp_path / f"{name} ü") for name, folder in base_models.items()}
    return {**copies, "encoder": tmp_path / "encoder ü"}


def refusal(load: Callable, name: str | Path) -> str:
    with pytest.raises(InputError) as error:
        load(str(name))
    assert "\n" not in str(error.value) and str(name) in str(error.value)
    return str(error.value)


def rewrite(folder: Path, change: Callable[[Weights], Weights]) -> None:
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})


def with_prefix(prefix: str) -> Callable[[Weights], Weights]:
    return lambda weights: {f"{prefix}{name}": weight for name, weight in weights.items()}


def without(part: str) -> Callable[[Weights], Weights]:
    return lambda weights: {name: weight for name, weight in weights.items() if part not in name}


def quantized(weights: Weights) -> Weights:
    """Names and types of GPTQ."""
    packed = {name for name in weights if "proj" in name and name.endswith(".weight")}
    kept = {name: weight for name, weight in weights.items() if name not in packed}
    return kept | {name.replace(".weight", ".qweight"): (weights[name] * 10).to(torch.int32) for name in packed}


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize("prefix", ["base_model.model.", "module.", "audio_tower."])
def test_weights_by_other_names_are_not_replaced_by_random_ones(folders, kind, prefix):
    rewrite(folders[kind], with_prefix(prefix))
    assert "is missing" in refusal(LOADERS[kind], folders[kind])


@pytest.mark.parametrize(
    "kind, part, missing",
    [
        ("whisper", "encoder.layers.1.", "encoder.layers.1.fc1.bias is missing"),
        ("qwen2", "layers.1.mlp.up_proj", "model.layers.1.mlp.up_proj.weight is missing (1 such weights)"),
        ("encoder", "encoder.layers.1.", "encoder.layers.1."),
    ],
)
def test_a_missing_layer_is_named(folders, kind, part, missing):
    rewrite(folders[kind], without(part))
    assert missing in refusal(LOADERS[kind], folders[kind])


def test_parts_that_are_not_used_may_be_missing(folders):
    expected = build_semantic_encoder(str(folders["whisper"])).encoder.conv1.weight
    rewrite(folders["whisper"], without("decoder."))
    assert torch.equal(build_semantic_encoder(str(folders["whisper"])).encoder.conv1.weight, expected)


@pytest.mark.parametrize("kind, key", [("whisper", "encoder_ffn_dim"), ("qwen2", "intermediate_size")])
def test_weights_of_another_shape_are_named(folders, kind, key):
    path = folders[kind] / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: 80}))
    assert "is of another shape" in refusal(LOADERS[kind], folders[kind])


def test_quantized_weights_are_not_taken_for_random_ones(folders):
    rewrite(folders["qwen2"], quantized)
    assert "unquantized" in refusal(load_llm, folders["qwen2"])


def test_models_of_another_kind_are_named(folders):
    assert "a qwen2, not a Whisper" in refusal(build_semantic_encoder, folders["qwen2"])
    assert "a whisper is not a causal language model" in refusal(load_llm, folders["whisper"])


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize("content", [b"", LFS_POINTER, None], ids=["empty", "LFS", "cut"])
def test_broken_files_are_one_line(folders, kind, content):
    path = folders[kind] / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000] if content is None else content)
    refusal(LOADERS[kind], folders[kind])


@pytest.mark.parametrize("kind", ["whisper", "qwen2"])
@pytest.mark.parametrize("content", [b"", LFS_POINTER, b"PK\x03\x04half"])
def test_broken_pickles_are_one_line(folders, kind, content):
    (folders[kind] / "model.safetensors").unlink()
    (folders[kind] / "pytorch_model.bin").write_bytes(content)
    refusal(LOADERS[kind], folders[kind])


@pytest.mark.parametrize("kind", LOADERS)
def test_folders_that_are_not_there_or_hold_no_model_are_one_line(kind, tmp_path):
    (tmp_path / "empty").mkdir()
    refusal(LOADERS[kind], tmp_path / "empty")
    if kind != "encoder":  # which takes any other path for an Emotion2Vec
        assert "no such folder" in refusal(LOADERS[kind], "/no/such/folder")
    for name in ("exp/no/folder", "./here"):
        assert "no such folder" in refusal(LOADERS[kind], name)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.json").write_text("{half")
    refusal(LOADERS[kind], tmp_path / "config")
