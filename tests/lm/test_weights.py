"""What a model saves, and what it loads by the names of its base models."""

import shutil
from dataclasses import replace

import pytest
import torch
from helpers.tiny_alm import build, said, speech_batch
from safetensors.torch import load_file, save_file

from c2ser.errors import InputError


def test_random_weights_are_kept_and_pretrained_frozen_ones_are_not(alm_config, base_models):
    whole = build(alm_config)
    assert whole.trainable_state_dict().keys() == whole.state_dict().keys()
    # Frozen but random: nothing else has them.
    frozen = build(replace(alm_config, trained=["connector", "llm"]))
    assert frozen.trainable_state_dict().keys() == frozen.state_dict().keys()

    borrowing = replace(alm_config, whisper=base_models["whisper"], llm=base_models["qwen2"], trained=["connector"])
    model = build(borrowing)
    own = model.trainable_state_dict()
    assert {key.split(".")[0] for key in own} == {"connector", "speech_marks", "whisper_digest", "llm_digest"}
    with torch.no_grad():
        for parameter in (*model.connector.parameters(), model.speech_marks.weight):
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.connector.mix.set_statistics(torch.ones(3, 32), torch.full((3, 32), 2.0))
    again = build(borrowing, seed=1)
    again.load_trainable_state_dict(model.trainable_state_dict(), "test")
    batch = speech_batch(8000, 3000)
    with torch.no_grad():
        for first, second in zip(model.perceive(*batch), again.perceive(*batch)):
            torch.testing.assert_close(first, second)
    assert said(model, batch, "explicit", 10) == said(again, batch, "explicit", 10)
    own.popitem()
    with pytest.raises(InputError, match="weights do not fit the configuration; missing"):
        again.load_trainable_state_dict(own, "test")
    with pytest.raises(InputError, match=r"unexpected \['nonsense'\]"):
        again.load_trainable_state_dict({**model.trainable_state_dict(), "nonsense": torch.zeros(1)}, "test")


@pytest.mark.parametrize("part", ["whisper", "llm"])
def test_weights_upon_another_base_model_are_refused(alm_config, base_models, tmp_path, part):
    folders = {name: shutil.copytree(base_models[name], tmp_path / name) for name in base_models}
    lora = {"r": 2, "target_modules": ["q_proj"]}
    borrowing = replace(
        alm_config,
        whisper=str(folders["whisper"]),
        llm=str(folders["qwen2"]),
        lora_conf=lora,
        trained=["connector", "llm"],
    )
    own = build(borrowing).trainable_state_dict()
    build(borrowing, seed=1).load_trainable_state_dict(own, "checkpoint")
    weights = folders["qwen2" if part == "llm" else part] / "model.safetensors"
    state = load_file(weights)
    for weight in state.values():  # a fine-tuned model by the same name
        weight.view(-1)[0] += 0.01
    save_file(state, weights, metadata={"format": "pt"})
    with pytest.raises(InputError, match=f"checkpoint: was trained on other weights than those of {part}"):
        build(borrowing).load_trainable_state_dict(own, "checkpoint")
    # What is saved whole needs no base model to be the same.
    whole = replace(borrowing, trained=["whisper", "connector", "llm"], lora_conf={})
    own = build(replace(whole, whisper=base_models["whisper"], llm=base_models["qwen2"])).trainable_state_dict()
    build(whole).load_trainable_state_dict(own, "checkpoint")


def test_what_was_trained_is_kept_where_it_is_frozen_later(alm_config, base_models):
    """Self-distillation may freeze what the explicit phase has trained."""
    first = replace(alm_config, whisper=base_models["whisper"], llm=base_models["qwen2"])
    model = build(first)
    with torch.no_grad():
        model.whisper.encoder.conv1.bias.add_(1.0)
        model.llm.get_input_embeddings().weight.add_(0.1)
    later = build(replace(first, trained=["connector"]))
    later.load_trainable_state_dict(model.trainable_state_dict(), "first phase")
    again = build(replace(first, trained=["connector"]))
    again.load_trainable_state_dict(later.trainable_state_dict(), "second phase")
    for name, weight in model.named_parameters():
        assert torch.equal(again.get_parameter(name), weight), name
