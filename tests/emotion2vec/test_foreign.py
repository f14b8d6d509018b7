"""Checkpoints of others: FunASR's own implementation is the oracle, and what a pickle would run is not run."""

import json
import types

import numpy as np
import pytest
import torch
from helpers.funasr import (
    BASE_PARAMETERS,
    LABELS,
    SMALL,
    SPEC,
    TOKENS,
    assert_same_features,
    configuration,
    noise,
    write_funasr,
)

from c2ser.bin import convert_emotion2vec
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.emotion2vec.foreign import parse_conv_layers
from c2ser.errors import InputError


def test_base_computes_what_funasr_computes_and_has_its_size(funasr, tmp_path):
    config = configuration()
    theirs = funasr(config)
    ours = Emotion2Vec.from_pretrained(write_funasr(tmp_path, theirs.state_dict(), config))
    assert ours.encoder.config == Emotion2VecConfig()
    for batch in ([0.4], [12], [4, 0.4, 1.3]):
        assert_same_features(ours, theirs, noise(*batch))
    decoder = sum(weight.numel() for weight in theirs.modality_encoders["AUDIO"].decoder.parameters())
    parameters = sum(weight.numel() for weight in ours.parameters())
    assert parameters == sum(weight.numel() for weight in theirs.parameters()) - decoder == BASE_PARAMETERS
    assert (parameters + decoder) / 1e6 == pytest.approx(93.8, abs=0.05)  # the paper's count, with the decoder


@pytest.mark.parametrize("key", [None, "model", "state_dict", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "d2v_model."])
def test_funasr_folders_of_all_layouts(small, tmp_path, key, prefix):
    theirs, config = small
    state = {prefix + name if not name.startswith("proj.") else name: w for name, w in theirs.state_dict().items()}
    ours = Emotion2Vec.from_pretrained(write_funasr(tmp_path, {key: state} if key else state, config))
    assert_same_features(ours, theirs, noise(0.4, 1.3, 0.9))
    assert ours.labels == LABELS


def test_other_sizes_come_from_the_configuration(funasr, tmp_path):
    large = configuration({"embed_dim": 1024, "num_heads": 16, "depth": 2}, {"prenet_depth": 1})
    odd_spec = "[(8, 20, 8), (12, 5, 4)] + [(16, 4, 3)] * 2"
    odd = configuration(
        {"embed_dim": 40, "num_heads": 5, "depth": 1, "mlp_ratio": 2.5},
        {"prenet_depth": 2, "conv_pos_depth": 3, "conv_pos_width": 18, "conv_pos_groups": 5, "num_extra_tokens": 10},
        odd_spec,
    )
    for name, config in (("large", large), ("odd", odd)):
        config["model_conf"]["norm_eps"] = "1e-05"  # as PyYAML reads the released 1e-05
        theirs = funasr({"model_conf": config["model_conf"] | {"norm_eps": 1e-5}})
        ours = Emotion2Vec.from_pretrained(write_funasr(tmp_path / name, theirs.state_dict(), config, tokens=None))
        assert ours.dim == config["model_conf"]["embed_dim"] and ours.labels == ()
        assert_same_features(ours, theirs, noise(0.4, 1.1))


def test_classify_equals_funasr_inference(small, tmp_path):
    theirs, config = small
    ours = Emotion2Vec.from_pretrained(write_funasr(tmp_path / "theirs", theirs.state_dict(), config))
    ours.save_pretrained(tmp_path / "ours")
    again = Emotion2Vec.from_pretrained(tmp_path / "ours")
    (tmp_path / "theirs" / "tokens.txt").rename(tmp_path / "theirs" / "old.txt")
    (tmp_path / "theirs" / "tokens.json").write_text(json.dumps(TOKENS))
    from_json = Emotion2Vec.from_pretrained(tmp_path / "theirs")
    tokenizer = types.SimpleNamespace(token_list=TOKENS)
    waves = noise(0.5, 1.7, 1.0)
    for wave, *found in zip(waves, ours.classify(waves), again.classify(waves), from_json.classify(waves)):
        with torch.no_grad():
            (result,), _ = theirs.inference([torch.from_numpy(wave)], tokenizer=tokenizer, device="cpu", key=["a"])
        assert result["labels"] == ["生气/angry", "厌恶/disgusted", "开心/happy", "中立/neutral", "<unk>"]
        for probabilities in found:
            assert tuple(probabilities) == LABELS
            assert list(probabilities.values()) == pytest.approx(result["scores"], abs=1e-5)
            assert sum(probabilities.values()) == pytest.approx(1)
    half = Emotion2Vec.from_pretrained(tmp_path / "ours", dtype=torch.bfloat16)
    assert list(half.classify(waves)[0].values()) == pytest.approx(list(ours.classify(waves)[0].values()), abs=0.1)


def test_a_classifier_needs_names_for_its_classes(small, tmp_path, caplog):
    theirs, config = small
    model = Emotion2Vec.from_pretrained(write_funasr(tmp_path, theirs.state_dict(), config, tokens=None))
    assert "there is no tokens.txt" in caplog.text
    with pytest.raises(InputError, match="has no classifier"):
        model.classify(noise(0.5))
    (tmp_path / "tokens.json").write_text('["happy", 1]')
    with pytest.raises(InputError, match="tokens.json: not a list of strings"):
        Emotion2Vec.from_pretrained(tmp_path)
    (tmp_path / "tokens.txt").write_bytes("生气/angry".encode("gb18030"))
    with pytest.raises(InputError, match="tokens.txt: neither"):
        Emotion2Vec.from_pretrained(tmp_path)
    for tokens, message in (
        (TOKENS[:-1], r"6 tokens, but proj.weight has the shape \(7, 24\)"),
        (["a/angry", "b/angry", *TOKENS[2:]], "duplicate class labels"),
    ):
        with pytest.raises(InputError, match=message):
            Emotion2Vec.from_pretrained(write_funasr(tmp_path, theirs.state_dict(), config, tokens))


@pytest.mark.parametrize(
    "place, name, value",
    [
        ("model", "layer_norm_first", True),
        ("model", "norm_affine", False),
        ("model", "norm_eps", 1e-6),
        ("model", "normalize", False),
        ("audio", "extractor_mode", "default"),
        ("audio", "use_alibi_encoder", False),
        ("audio", "learned_alibi", True),
        ("audio", "learned_alibi_scale_per_layer", True),
        ("audio", "conv_pos_pre_ln", True),
        ("audio", "num_alibi_heads", 3),
        ("model", "embed_dim", 25),
        ("model", "depth", "eight"),
        ("model", "mlp_ratio", float("inf")),
        ("model", "heads", None),
        ("audio", "conv_pos_depth", 0),
        ("audio", "conv_pos_groups", 5),
        ("audio", "feature_encoder_spec", "__import__('os').system('true')"),
    ],
)
def test_settings_of_another_architecture_are_named(small, tmp_path, place, name, value):
    theirs, _ = small
    config = configuration(SMALL | {name: value}) if place == "model" else configuration(SMALL, {name: value})
    if name == "heads":
        del config["model_conf"]["num_heads"]
        config["model_conf"]["modalities"]["audio"].pop("num_alibi_heads")
    named = {"embed_dim": "heads", "conv_pos_depth": "position_layers", "conv_pos_groups": "position_groups"}
    with pytest.raises(InputError, match=f"config.yaml.*({named.get(name, name)}|eight)") as error:
        Emotion2Vec.from_pretrained(write_funasr(tmp_path, theirs.state_dict(), config))
    assert "\n" not in str(error.value)


def test_conv_layers_are_read_and_not_run():
    assert parse_conv_layers(SPEC) == Emotion2VecConfig().conv_layers
    assert parse_conv_layers("[[8, 4, 2]] + ([(4,2,1)])") == ((8, 4, 2), (4, 2, 1))
    for expression in (
        "[(512, 10, 5)] + " * 100 + "[(512, 10, 5)]",
        "eval('[(1, 2, 3)]')",
        "[(8, 4, 2)] * 10**9",
        "[(8, 4, 2)] * 99999999",
        "[(8, 4)]",
        "[(8, 4, -2)]",
        "[(8, 4, True)]",
        "[(8, 4, 2) for _ in range(3)]",
        "[]",
        "",
        "(" * 900,
        "[" * 900,
        "8",
    ):
        with pytest.raises(ValueError, match="is not a list of"):
            parse_conv_layers(expression)


def test_converted_is_the_same_model_and_interrupted_is_none(small, tmp_path, monkeypatch, capsys):
    theirs, config = small
    source = write_funasr(tmp_path / "source", theirs.state_dict(), config)
    target = tmp_path / "a" / "converted"
    convert_emotion2vec.main(["--model", str(source), "--output_dir", str(target)])
    assert sorted(path.name for path in target.iterdir()) == ["config.yaml", "model.safetensors"]
    assert (target / "model.safetensors").stat().st_mode == (target / "config.yaml").stat().st_mode
    wave = noise(0.7)
    before, after = Emotion2Vec.from_pretrained(source), Emotion2Vec.from_pretrained(target)
    assert np.array_equal(before.extract(wave)[0]["frames"], after.extract(wave)[0]["frames"])
    assert before.classify(wave) == after.classify(wave)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("c2ser.emotion2vec.model.save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Emotion2Vec(Emotion2VecEncoder(before.encoder.config)).save_pretrained(target)
    with pytest.raises(InputError):
        Emotion2Vec.from_pretrained(target)
    with pytest.raises(SystemExit) as ended:
        convert_emotion2vec.main(["--model", str(source), "--output_dir", str(source)])
    assert ended.value.code == 2 and "is --model" in capsys.readouterr().err


def test_ids_of_a_hub_are_to_be_downloaded_first():
    with pytest.raises(InputError, match="iic/emotion2vec_plus_large: no such file or folder; .* download it first"):
        Emotion2Vec.from_pretrained("iic/emotion2vec_plus_large")
