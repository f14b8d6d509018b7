"""The release's weights by their names: every one arrives, or is missed in one line; nothing else passes for them."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from helpers.release import Sizes, Weights
from transformers import AutoConfig, AutoTokenizer, GPT2Config
from transformers.models.whisper.modeling_whisper import sinusoids

from c2ser import C2SER
from c2ser.errors import InputError
from c2ser.packing.release import import_release

SIZES = Sizes()
WIDTH, LLM_WIDTH = SIZES.width, SIZES.llm["hidden_size"]
UNUSED, COPIES = ("ln_speech.", "speaker_head."), ("embed_tokens.", "lm_head.")
ATTENTION = "llama_model.base_model.model.model.layers.0.self_attn"
Edit = Callable[[Weights], Weights]


def test_every_weight_in_use_arrives_as_it_was(release, released):
    model = C2SER.from_pretrained(released).recognizer.model.float()
    ours = [weight for name, weight in model.named_parameters() if not name.startswith("connector.mix.")]
    unused = (*UNUSED, *COPIES, "speech_transformer.embed.pos_enc")
    theirs = {name: weight for name, weight in release.items() if not name.startswith(unused)}
    theirs["speech_token_emded.weight"] = theirs["speech_token_emded.weight"][SIZES.speech_tokens :]
    values, expected = (
        torch.cat([weight.flatten().float() for weight in weights]).sort().values for weights in (ours, theirs.values())
    )
    assert torch.equal(values, expected)


def is_trained(name: str) -> bool:
    return not (name.startswith("llama_model.") and ".lora_" not in name) and not name.startswith(COPIES)


def trained(weights: Weights) -> Weights:
    return {name: weight for name, weight in weights.items() if is_trained(name)}


def parameters(folder: Path) -> Weights:
    return dict(C2SER.from_pretrained(folder).recognizer.model.named_parameters())


@pytest.mark.parametrize(
    "edit",
    [
        trained,
        lambda weights: {f"module.{name}": weight for name, weight in weights.items()},
        lambda weights: {f"module.{name}": weight.float() for name, weight in trained(weights).items()},
        lambda weights: {name: weight.float() for name, weight in weights.items()},
        lambda weights: {**weights, f"{ATTENTION}.rotary_emb.inv_freq": torch.ones(6)},
        lambda weights: {**trained(weights), f"{ATTENTION}.rotary_emb.inv_freq": torch.ones(6)},
        lambda weights: {name: weight for name, weight in weights.items() if not name.startswith(COPIES)},
    ],
    ids="trained module trained-module float32 inv_freq trained-inv_freq copies".split(),
)
def test_what_others_save_becomes_the_same_model(edit: Edit, release, released, checkpoint, emotion2vec, llm, tmp_path):
    torch.save(edit(release), checkpoint)
    import_release(checkpoint, emotion2vec, llm=llm, whisper_heads=4).save(tmp_path / "packed")
    ours, expected = parameters(tmp_path / "packed"), parameters(released)
    assert ours.keys() == expected.keys()
    assert [name for name, weight in expected.items() if not torch.equal(ours[name], weight)] == []


def test_positions_are_computed_where_only_what_was_trained_was_saved(
    release, released, checkpoint, emotion2vec, llm, tmp_path
):
    torch.save({name: weight for name, weight in trained(release).items() if not name.endswith(".pe")}, checkpoint)
    import_release(checkpoint, emotion2vec, llm=llm, whisper_heads=4).save(tmp_path / "packed")
    ours, expected = parameters(tmp_path / "packed"), parameters(released)
    name = "whisper.encoder.embed_positions.weight"
    assert torch.equal(ours.pop(name), sinusoids(1500, WIDTH)) and expected.pop(name) is not None
    assert [name for name, weight in expected.items() if not torch.equal(ours[name], weight)] == []


def test_trained_weights_must_be_there_where_only_they_are(release, checkpoint, emotion2vec, llm, caplog):
    lone = {name: weight for name, weight in trained(release).items() if not name.endswith(".pe")}
    for name in (name for name in lone if not name.startswith(UNUSED) and ".norm" not in name):
        message = refusal({key: weight for key, weight in lone.items() if key != name}, checkpoint, emotion2vec, llm)
        assert name in message
        hint = "is it built on another llm?" if "lora" in name else "the checkpoint that it started from"
        assert hint in message or "so this is not the released model" in message
    assert f"so those of llm '{llm}' are taken" in caplog.text


def test_the_language_models_weights_are_somewhere_and_whole(release, checkpoint, emotion2vec, llm, tmp_path):
    bare = shutil.copytree(llm, tmp_path / "bare", ignore=shutil.ignore_patterns("*.safetensors"))
    assert "has none either; give --llm" in refusal(trained(release), checkpoint, emotion2vec, str(bare))
    name = "llama_model.base_model.model.model.norm.weight"
    assert "no weight llama_model." in refusal({**trained(release), name: release[name]}, checkpoint, emotion2vec, llm)


def test_without_the_llms_weights_the_checkpoints_are_taken(release, checkpoint, released, emotion2vec, llm, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(llm, bare, ignore=shutil.ignore_patterns("*.safetensors"))
    import_release(checkpoint, emotion2vec, llm=str(bare), whisper_heads=4).save(tmp_path / "whole")
    shutil.rmtree(bare)
    ours, expected = (C2SER.from_pretrained(folder).recognizer.model for folder in (tmp_path / "whole", released))
    for name, weight in expected.named_parameters():
        assert torch.equal(ours.get_parameter(name), weight), name


def refusal(weights: object, path: Path, emotion2vec: Path, llm: str, **options) -> str:
    torch.save(weights, path)
    with pytest.raises(InputError) as error:
        import_release(path, emotion2vec, llm=llm, whisper_heads=4, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_missing_and_renamed_weights_are_named(release, checkpoint, emotion2vec, llm):
    for name in release:
        if not name.startswith((*UNUSED, *COPIES)) and not name.endswith(".pe") and ".norm" not in name:
            rest = {key: weight for key, weight in release.items() if key != name}
            message = refusal(rest, checkpoint, emotion2vec, llm)
            assert name in message and str(checkpoint) in message
    renamed = {name.replace("norm2", "norm_2"): weight for name, weight in release.items()}
    assert "no weight encoder.encoders.0.norm2.weight" in refusal(renamed, checkpoint, emotion2vec, llm)


def test_extra_and_reshaped_weights_are_named(release, checkpoint, emotion2vec, llm):
    for name, weight, message in (
        ("speech_head.weight", torch.ones(2), "does not have: speech_head.weight"),
        (
            "encoder.encoders.0.self_attn.linear_k.bias",
            torch.ones(WIDTH),
            "does not have: encoder.encoders.0.self_attn",
        ),
        ("encoder.embed.conv.0.weight", torch.ones(WIDTH), r"encoder.embed.conv.0.weight has the shape (32,)"),
        ("encoder.after_norm.bias", torch.ones(31), "encoder.after_norm.bias has the shape (31,)"),
        ("speech_token_emded.weight", torch.ones(1, LLM_WIDTH), "speech_token_emded.weight has the shape (1, 24)"),
        ("speech_transformer.embed.pos_enc.pe", torch.ones(1, 80, WIDTH), "no sinusoidal positions"),
        ("speech_llama_proj.bias", "text", "speech_llama_proj.bias among the weights is not a tensor"),
        ("lm_head.weight", torch.ones(2, 2), "lm_head.weight is not that of llm"),
        ("llama_model.base_model.model.model.norm.weight", torch.ones(LLM_WIDTH) * 1.01, "norm.weight is not that of"),
    ):
        assert message in refusal({**release, name: weight}, checkpoint, emotion2vec, llm)
    odd = {"speech_transformer.embed.pos_enc.pe": torch.ones(1, 80, WIDTH - 1)}
    assert "no sinusoidal positions of width 32" in refusal({**release, **odd}, checkpoint, emotion2vec, llm)
    for state in ([1], {1: torch.ones(1)}, torch.ones(1)):
        assert "no state dict" in refusal(state, checkpoint, emotion2vec, llm)
    assert "no weight encoder.embed.conv.0.weight" in refusal({}, checkpoint, emotion2vec, llm)


def test_other_language_models_are_refused(release, checkpoint, emotion2vec, llm, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(llm)
    gpt = GPT2Config(n_embd=LLM_WIDTH, n_layer=1, n_head=2, vocab_size=len(tokenizer))
    deeper = AutoConfig.from_pretrained(llm, num_hidden_layers=2, layer_types=None)
    wider = AutoConfig.from_pretrained(llm, intermediate_size=41)
    for number, (config, message) in enumerate(
        (
            (gpt, "LoRA does not fit it"),
            (deeper, "no weight llama_model.base_model.model.model.layers.1."),
            (wider, "mlp.gate_proj.base_layer.weight has the shape (40, 24); with llm"),
        )
    ):
        other = str(tmp_path / str(number))
        config.save_pretrained(other)
        tokenizer.save_pretrained(other)
        assert message in refusal(release, checkpoint, emotion2vec, other)


def test_cut_files_are_refused(checkpoint, emotion2vec, llm):
    whole = checkpoint.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 10):
        checkpoint.write_bytes(whole[:length])
        with pytest.raises(InputError, match="cut short"):
            import_release(checkpoint, emotion2vec, llm=llm, whisper_heads=4)


class Payload:
    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def test_nothing_that_a_checkpoint_names_is_run(release, checkpoint, emotion2vec, llm, tmp_path):
    for weights in (Payload(tmp_path / "run"), {**release, "ln_speech.weight": Payload(tmp_path / "run")}):
        assert f"'{os.mkdir.__module__}.mkdir'" in refusal(weights, checkpoint, emotion2vec, llm)
    assert not (tmp_path / "run").exists()
