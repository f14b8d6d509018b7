"""Language models named by hub id, and those that go into the folder."""

import pytest

from c2ser.errors import InputError
from c2ser.lm.loading import load_tokenizer
from c2ser.packing.base_models import LLM, save_llm


def test_models_of_the_hub_stay_named(tiny_llm, tmp_path):
    assert save_llm("Qwen/Qwen2-7B", load_tokenizer(str(tiny_llm)), folder=tmp_path) == "Qwen/Qwen2-7B"
    assert not (tmp_path / LLM).exists()


def test_a_pretrained_folder_goes_in_with_its_weights_unless_it_is_named(base_models, tmp_path):
    tokenizer = load_tokenizer(base_models["qwen2"])
    assert save_llm(base_models["qwen2"], tokenizer, folder=tmp_path, name="Qwen/Qwen2-7B") == "Qwen/Qwen2-7B"
    assert not (tmp_path / LLM).exists()
    assert save_llm(base_models["qwen2"], tokenizer, folder=tmp_path) == LLM
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in (tmp_path / LLM).iterdir()}


def test_random_weights_cannot_be_named(tiny_llm, tmp_path):
    tokenizer = load_tokenizer(str(tiny_llm))
    with pytest.raises(InputError, match="has no weights of its own"):
        save_llm(str(tiny_llm), tokenizer, folder=tmp_path, name="Qwen/Qwen2-7B")
    with pytest.raises(InputError, match="llm '/models/x': not a hub id"):
        save_llm(str(tiny_llm), tokenizer, folder=tmp_path, name="/models/x")
