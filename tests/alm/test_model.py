"""The audio language model: independent of padding, and able to learn."""

import math
from dataclasses import replace

import pytest
import torch
from helpers.tiny_alm import (
    WHISPER,
    answers,
    build,
    one,
    said,
    speech_batch,
    targets,
)

from c2ser.alm.config import ALMConfig
from c2ser.alm.model import C2SERModel
from c2ser.errors import InputError
from c2ser.rationales.templates import implicit_target


def test_perception_of_a_padded_batch_equals_one_by_one(alm_config):
    model = build(alm_config)
    batch = speech_batch(16000, 5000, 161, 31000, 1)
    with torch.no_grad():
        together = model.perceive(*batch)
        for index, heard in enumerate(together):
            (alone,) = model.perceive(*one(batch, index))
            torch.testing.assert_close(heard, alone, atol=1e-4, rtol=1e-4)
    frames = [math.ceil(math.ceil(math.ceil(math.ceil(int(n) / 160) / 2) / 2) / 2) for n in batch[1]]
    assert [len(heard) for heard in together] == [count + 10 for count in frames]  # acoustic tokens in front


@pytest.mark.parametrize("width", [16, 32, 48])
def test_acoustic_tokens_of_any_width_are_heard(alm_config, width):
    model = build(replace(alm_config, acoustic_width=width))
    speech, lengths, _ = speech_batch(8000)
    with torch.no_grad():
        first, second = (model.perceive(speech, lengths, torch.full((1, 10, width), value))[0] for value in (0.5, -0.5))
    assert (first - second).abs().max() > 1e-3


def test_what_is_said_next_hangs_on_what_came_before_only(alm_config):
    """The last token of the answer changes nothing but its own loss."""
    model = build(alm_config)
    batch = speech_batch(8000)
    (ids,) = answers(model, "implicit", targets()[1]).tokens
    embeddings = {}
    for last in (ids[-1].item(), 10):
        changed = torch.cat([ids[:-1], torch.tensor([last])])
        embeddings[last] = model.logits(model.perceive(*batch), "implicit", answers=[changed], count=len(ids) + 1)[
            :, :-1
        ]
    first, second = embeddings.values()
    torch.testing.assert_close(first, second)


def test_a_frozen_whisper_does_not_train(alm_config):
    model = build(replace(alm_config, trained=["connector", "llm"])).train()
    assert not model.whisper.encoder.training and model.connector.training
    assert not any(parameter.requires_grad for parameter in model.whisper.parameters())
    with pytest.raises(InputError, match=r"trained\[0\]: unknown value 'lmm'; did you mean llm?"):
        C2SERModel(replace(alm_config, trained=["lmm"]))


def overfit(model: C2SERModel, steps: int, lr: float) -> list[dict[str, float]]:
    """Trains on two utterances with different answers."""
    batch = speech_batch(6000, 4000)
    implicit = answers(model, "implicit", implicit_target("angry", "en"), implicit_target("sad", "zh"))
    trained = [parameter for parameter in model.train().parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=lr)
    history = []
    for _ in range(steps):
        outputs = model(*batch, implicit)
        optimizer.zero_grad()
        outputs["loss"].backward()
        optimizer.step()
        history.append({name: value.item() for name, value in outputs.items()})
    return history


def test_two_utterances_are_learned_by_heart(alm_config):
    model = build(alm_config)
    history = overfit(model, 60, 5e-3)
    assert history[-1]["loss"] < 0.1 * history[0]["loss"] and history[-1]["emotion_accuracy"] == 1.0
    answered = said(model.eval(), speech_batch(6000, 4000), "implicit", 24)
    assert answered == [implicit_target("angry", "en"), implicit_target("sad", "zh")]


def test_lora_trains_the_adapters_of_a_pretrained_llm(alm_config, base_models):
    lora = {"r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"]}
    adapted = replace(
        alm_config,
        whisper=base_models["whisper"],
        llm=base_models["qwen2"],
        lora_conf=lora,
        trained=["connector", "llm"],
    )
    model = build(adapted)
    history = overfit(model, 30, 1e-2)
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    learning = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert learning == {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert all("lora_" in name or name.startswith(("connector.", "speech_marks.")) for name in learning)
    assert sum("lora_" in name for name in learning) == 2 * 2 * 2  # layers, modules, factors

    own = model.trainable_state_dict()
    assert own.keys() >= learning and not any(name.startswith("whisper.") for name in own)
    again = build(adapted, seed=1)
    again.load_trainable_state_dict(own, "test")
    batch = speech_batch(6000, 4000)
    assert said(again, batch, "implicit", 12) == said(model.eval(), batch, "implicit", 12)


@pytest.mark.parametrize("perception", [["semantic"], ["acoustic"]])
def test_what_is_not_perceived_changes_nothing(alm_config, perception):
    model = build(replace(alm_config, perception=perception))
    speech, lengths, acoustic = speech_batch(16000, 5000)
    with torch.no_grad():
        heard = model.perceive(speech, lengths, acoustic)
        deaf = [torch.zeros_like(speech), acoustic] if perception == ["acoustic"] else [speech, acoustic + 1]
        again = model.perceive(deaf[0], lengths, deaf[1])
        other = model.perceive(speech * 0.5 + 0.1, lengths, acoustic.flip(1))
    for first, second, third in zip(heard, again, other, strict=True):
        assert torch.equal(first, second) and not torch.allclose(first, third)
    assert [len(utterance) for utterance in heard] == ([10, 10] if perception == ["acoustic"] else [13, 4])
    for wrong in ([], ["semantics"]):
        with pytest.raises(InputError, match="perception"):
            build(replace(alm_config, perception=wrong))


def test_gradient_checkpointing_changes_no_gradient(alm_config, base_models):
    lora = {"r": 8, "target_modules": ["q_proj", "v_proj"], "init_lora_weights": False}
    gradients = []
    for saving in (False, True):
        model = build(
            replace(alm_config, llm=base_models["qwen2"], lora_conf=lora, gradient_checkpointing=saving)
        ).train()
        layers = model.llm.get_base_model().model.layers
        passes = []
        layers[0].self_attn.q_proj.register_forward_hook(lambda *_, passes=passes: passes.append(1))
        model(*speech_batch(6000, 4000), answers(model, "explicit", *targets()[:2]))["loss"].backward()
        assert len(passes) == (2 if saving else 1)
        gradients.append({name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None})
    assert gradients[0].keys() == gradients[1].keys() and len(gradients[0]) > 30
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, atol=1e-6, rtol=1e-4)


def test_merged_lora_gives_the_same_logits(alm_config, base_models):
    lora = {"r": 8, "lora_alpha": 32, "init_lora_weights": False}
    lora["target_modules"] = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]
    model = build(replace(alm_config, llm=base_models["qwen2"], lora_conf=lora))
    with torch.no_grad():
        speech = model.perceive(*speech_batch(6000, 4000))
        with model.llm.disable_adapter():
            without = model.logits(speech, "implicit", count=20)
        unmerged = model.logits(speech, "implicit", count=20)
        model.llm = model.llm.merge_and_unload()
        merged = model.logits(speech, "implicit", count=20)
    torch.testing.assert_close(merged, unmerged, atol=1e-4, rtol=0)
    assert (merged - without).abs().max() > 0.1


@pytest.mark.parametrize("perception", [["semantic"], ["acoustic"], ["semantic", "acoustic"]])
def test_all_that_trains_gets_gradients(alm_config, perception):
    """Otherwise several processes wait for them."""
    whisper_conf = {"layers": [0, 1]}  # of three blocks
    model = build(replace(alm_config, perception=perception, whisper_conf=whisper_conf, acoustic_width=48)).train()
    speech, lengths, _ = speech_batch(6000, 4000)
    model(speech, lengths, torch.randn(2, 10, 48), answers(model, "explicit", *targets()[:2]))["loss"].backward()
    without = [name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None]
    assert without == []


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"whisper_conf": {"layer": [1]}}, "whisper_conf: unknown key 'layer'; did you mean layers?"),
        ({"whisper_conf": {"layers": -1}}, "whisper_conf.layers: expected a list, not -1"),
        ({"whisper_conf": {"layers": [7]}}, r"whisper_conf.layers: \[7\] do not fit an encoder of"),
        ({"whisper_conf": {"dtype": "bf16"}}, "whisper_conf: dtype: 'bf16' is not a type of weights"),
        ({"whisper_conf": {"spec_augment": True}}, "whisper_conf.spec_augment: expected a mapping, not true"),
        ({"whisper_conf": {"time_substitution": {"max": 2}}}, "time_substitution: unknown key 'max'"),
        ({"connector_conf": {"heads": 5}}, "connector_conf: 5 heads do not divide Whisper's width, 32"),
        ({"connector_conf": {"heads": "4"}}, "connector_conf.heads: expected a whole number, not the text '4'"),
        ({"connector_conf": {"heads": 0}}, "connector_conf: heads: 0 is not a number above 0"),
        ({"connector_conf": [1]}, "connector_conf: expected a mapping"),
        ({"lora_conf": {"rank": 8}}, "lora_conf: unknown key 'rank'"),
        ({"llm_dtype": "half precision"}, "llm_dtype: 'half precision' is not a type"),
        ({"perception": "semantic"}, "perception: expected a list, not the text 'semantic'"),
        ({"perception": []}, "perception: is empty"),
        ({"trained": ["conector"]}, r"trained\[0\]: unknown value 'conector'; did you mean connector?"),
        ({"whisper": {**WHISPER, "encoder_attention_heads": 5}}, "whisper: not the configuration of a Whisper encoder"),
        ({"whisper": {**WHISPER, "d_models": 5}}, "whisper: unknown key 'd_models'; did you mean d_model?"),
    ],
)
def test_wrong_settings_are_one_line(alm_config, changes, message):
    with pytest.raises(InputError, match=message) as error:
        build(ALMConfig.from_mapping({**vars(alm_config), **changes}))
    assert "\n" not in str(error.value)


def test_settings_of_earlier_versions_are_read(alm_config):
    connector_conf = {"pooled": True, "emotion_mixup": 0.25}
    config = ALMConfig.from_mapping({**vars(alm_config), "connector_conf": connector_conf})
    assert config.connector_conf == {"pooled": True, "pooled_mixup": 0.25}


def test_more_prompts_are_asked_in_training_alone(alm_config):
    model = build(replace(alm_config, more_prompts={"implicit": ["How?", "How does the speaker feel today?"]}))
    heard = [torch.zeros(3, model.llm.get_input_embeddings().embedding_dim)] * 200
    lengths = [5 + len(model.tokenizer(prompt).input_ids) for prompt in ("How?", "How does the speaker feel today?")]
    own = 5 + len(model.prompts["implicit"])
    asked = {mode: [len(row) for row in model.train().inputs(heard, mode)] for mode in ("implicit", "explicit")}
    assert all(40 < asked["implicit"].count(length) < 100 for length in (own, *lengths))
    assert set(asked["explicit"]) == {5 + len(model.prompts["explicit"])}
    assert {len(row) for row in model.eval().inputs(heard, "implicit")} == {own}
