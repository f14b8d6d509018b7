"""Language models named by hub id, and those that go into the folder."""

import shutil

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
    files = {path.name: path for path in (tmp_path / LLM).iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= files.keys()
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in files.values())  # also where the original's is not


def test_files_are_linked_where_all_may_read_them(base_models, tmp_path):
    source = shutil.copytree(base_models["qwen2"], tmp_path / "source")
    (source / "model.safetensors").chmod(0o644)
    (source / "config.json").chmod(0o600)
    save_llm(str(source), load_tokenizer(str(source)), folder=tmp_path)
    assert (tmp_path / LLM / "model.safetensors").samefile(source / "model.safetensors")
    assert not (tmp_path / LLM / "config.json").samefile(source / "config.json")


def test_random_weights_cannot_be_named(tiny_llm, tmp_path):
    tokenizer = load_tokenizer(str(tiny_llm))
    with pytest.raises(InputError, match="has no weights of its own"):
        save_llm(str(tiny_llm), tokenizer, folder=tmp_path, name="Qwen/Qwen2-7B")
    with pytest.raises(InputError, match="llm '/models/x': not a hub id"):
        save_llm(str(tiny_llm), tokenizer, folder=tmp_path, name="/models/x")
