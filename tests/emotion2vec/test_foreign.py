"""Checkpoints of others: FunASR's own implementation is the oracle, and what a pickle would run is not run."""

import argparse
import copyreg
import enum
import io
import json
import os
import pathlib
import pickle
import subprocess
import sys
import types
import typing
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
import yaml
from omegaconf import II, MISSING, OmegaConf

from c2ser.bin import convert_emotion2vec
from c2ser.checkpoints.pickles import StandIn, load_checkpoint
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.emotion2vec.foreign import parse_conv_layers
from c2ser.errors import InputError

SPEC = "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]"
TOKENS = ["生气/angry", "厌恶/disgusted", "开心/happy", "unuse_0", "中立/neutral", "unuse_1", "<unk>"]
LABELS = ("angry", "disgusted", "happy", "neutral", "unknown")
SMALL = {"embed_dim": 24, "num_heads": 6, "depth": 2}
SMALL_AUDIO = {"prenet_depth": 1, "conv_pos_depth": 2, "conv_pos_width": 14, "conv_pos_groups": 4}
DECODER = {"decoder_kernel": 7, "decoder_layers": 4, "input_dropout": 0.1, "decoder_residual": True}
BASE_PARAMETERS = 93_171_212


def configuration(model: dict | None = None, audio: dict | None = None, spec: str = SPEC) -> dict:
    """FunASR's configuration of emotion2vec base, with other settings of the model and of its audio encoder."""
    model_conf = {
        "depth": 8,
        "num_heads": 12,
        "embed_dim": 768,
        "mlp_ratio": 4.0,
        "norm_eps": 1e-5,
        "norm_affine": True,
        "layer_norm_first": False,
        "normalize": True,
        **dict.fromkeys(("encoder_dropout", "post_mlp_drop", "attention_dropout", "activation_dropout"), 0.1),
        **dict.fromkeys(("dropout_input", "start_drop_path_rate", "end_drop_path_rate", "layerdrop"), 0.0),
        "end_of_block_targets": False,
        **(model or {}),
    }
    audio_conf = {
        "feature_encoder_spec": spec,
        "extractor_mode": "layer_norm",
        "prenet_depth": 4,
        "conv_pos_depth": 5,
        "conv_pos_width": 95,
        "conv_pos_groups": 16,
        "conv_pos_pre_ln": False,
        "num_extra_tokens": 10,
        "init_extra_token_zero": True,
        "use_alibi_encoder": True,
        "alibi_scale": 1.0,
        "learned_alibi": False,
        "learned_alibi_scale": True,
        "learned_alibi_scale_per_head": True,
        "learned_alibi_scale_per_layer": False,
        "num_alibi_heads": model_conf["num_heads"],
        "model_depth": model_conf["depth"],
        "local_grad_mult": 1.0,
        **dict.fromkeys(("start_drop_path_rate", "end_drop_path_rate", "prenet_layerdrop", "prenet_dropout"), 0.0),
        **(audio or {}),
    }
    decoder = {"decoder_dim": model_conf["embed_dim"] // 2, "decoder_groups": audio_conf["conv_pos_groups"]}
    audio_conf["decoder"] = {**DECODER, **decoder, "projection_layers": 1, "projection_ratio": 2.0}
    return {"model": "Emotion2vec", "model_conf": {**model_conf, "modalities": {"audio": audio_conf}}}


@pytest.fixture(scope="module")
def funasr():
    """Builds FunASR's model; no layer norm, bias or ALiBi scale is left at ones or zeros, where faults hide."""
    from funasr.models.emotion2vec.model import Emotion2vec

    def build(config: dict, classes: int = -1):
        torch.manual_seed(0)
        model = Emotion2vec(model_conf=config["model_conf"], vocab_size=classes).eval()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "alibi_scale" in name:
                    parameter.uniform_(-0.2, 2)  # below zero counts as zero
                elif parameter.dim() == 1:
                    parameter.normal_(1.0 if name.endswith("weight") else 0.0, 0.3)
                elif "extra_tokens" in name:
                    parameter.normal_()
        return model

    return build


@pytest.fixture(scope="module")
def small(funasr):
    """A small model of FunASR with a classifier, and its configuration."""
    config = configuration(SMALL, SMALL_AUDIO)
    return funasr(config, len(TOKENS)), config


def write_funasr(folder: pathlib.Path, state: dict, config: dict, tokens: list[str] | None = TOKENS) -> pathlib.Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    torch.save(state, folder / "emotion2vec 模型.pt")
    if tokens is not None:
        (folder / "tokens.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    return folder


def encoder_state(model) -> dict:
    return {name: weight for name, weight in model.state_dict().items() if not name.startswith("proj.")}


def noise(*seconds: float) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [(0.1 * rng.normal(size=int(16000 * duration)) + 0.02).astype(np.float32) for duration in seconds]


@torch.no_grad()
def reference(model, wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Utterance tokens and frames as FunASR's inference computes them."""
    source = torch.from_numpy(wave)
    source = torch.nn.functional.layer_norm(source, source.shape)[None]
    x = model.extract_features(source, padding_mask=None, remove_extra_tokens=False)["x"][0].numpy()
    return x[:10], x[10:]


def assert_same_features(ours: Emotion2Vec, theirs, waves: list[np.ndarray]) -> None:
    """In one padded batch, against FunASR one by one."""
    for wave, features in zip(waves, ours.extract(waves)):
        tokens, frames = reference(theirs, wave)
        np.testing.assert_allclose(features["utterance"], tokens, rtol=0, atol=1e-4)
        np.testing.assert_allclose(features["frames"], frames, rtol=0, atol=1e-4)


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
    with pytest.raises(InputError, match="tokens.json: no list of texts"):
        Emotion2Vec.from_pretrained(tmp_path)
    (tmp_path / "tokens.txt").write_bytes("生气/angry".encode("gb18030"))
    with pytest.raises(InputError, match="tokens.txt: neither"):
        Emotion2Vec.from_pretrained(tmp_path)
    for tokens, message in (
        (TOKENS[:-1], r"6 classes in tokens, proj.weight of shape \(7, 24\)"),
        (["a/angry", "b/angry", *TOKENS[2:]], "two classes have the same label"),
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
        with pytest.raises(ValueError, match="is no list of"):
            parse_conv_layers(expression)


@dataclass
class Structured:
    """What fairseq describes its options with."""

    depth: int = 8
    modality: enum.Enum | None = None
    decoder: dict[str, int] = field(default_factory=lambda: {"layers": 4})
    missing: int = MISSING
    rate: float = II("optimization.rate")


@pytest.fixture
def absent_library():
    """Classes of a library that is gone when their pickle is read."""
    module = types.ModuleType("absent_fairseq")
    for cls in (
        type("Config", (), {}),
        type("Slots", (), {"__slots__": ("a",)}),
        type("WithState", (), {"__getstate__": lambda self: (1, "x"), "__setstate__": lambda self, state: None}),
        enum.Enum("Modality", {"AUDIO": 1}),
    ):
        cls.__module__ = "absent_fairseq"
        setattr(module, cls.__name__, cls)
    sys.modules["absent_fairseq"] = module
    yield module
    sys.modules.pop("absent_fairseq", None)


def training_state(library: types.ModuleType) -> dict:
    """What a checkpoint of fairseq holds beside the weights."""
    config = library.Config()
    config.modality, config.slots, config.state = library.Modality.AUDIO, library.Slots(), library.WithState()
    config.slots.a = config
    config.types = [typing.Any, int, dict, library.Config, type(None), typing.Literal[1], list[int]]
    config.names = argparse.Namespace(path=pathlib.PurePosixPath("/data"), lr=np.float64(1e-4), numbers=np.arange(3))
    return {
        "args": argparse.Namespace(arch="data2vec_multi"),
        "cfg": {"model": config, library.Modality.AUDIO: 1, "task": OmegaConf.structured(Structured)},
        "cache": defaultdict(dict, {"oc.env": {"HOME": "/root"}}),
        "extra_state": {"val_loss": np.float32(3.5), "bytes": b"\x00\xff", "set": {1, 2}, "epoch": 2**70},
        "last_optimizer_state": {"state": {0: {"exp_avg": torch.randn(3).half()}}},
    }


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("prefix", ["", "model.encoder."])
def test_fairseq_checkpoints_with_all_that_is_in_them(small, absent_library, tmp_path, prefix, zipped):
    theirs, _ = small
    state = {prefix + name: torch.nn.Parameter(weight) for name, weight in encoder_state(theirs).items()}
    teacher = {name: torch.randn_like(weight) for name, weight in encoder_state(theirs).items()}
    state |= {f"{prefix}_ema": teacher, f"{prefix}shared_decoder.blocks.0.0.weight": torch.zeros(3)}
    state |= {f"{prefix}ema.{name}": weight for name, weight in teacher.items()}
    state |= {f"{prefix}recon_proj.weight": torch.zeros(2, 2), f"{prefix}cls_proj.bias": torch.zeros(2)}
    path = tmp_path / "release" / "checkpoint best.pt"
    path.parent.mkdir()
    whole = {**training_state(absent_library), "model": state}
    torch.save(whole, path, _use_new_zipfile_serialization=zipped)
    del sys.modules["absent_fairseq"]
    for source in (path, path.parent):
        ours = Emotion2Vec.from_pretrained(source)
        assert_same_features(ours, theirs, noise(0.4, 1.3))
    assert "absent_fairseq" not in sys.modules
    loaded = load_checkpoint(path)
    assert isinstance(loaded["cfg"]["model"], StandIn) and not vars(loaded["cfg"]["model"])
    assert type(loaded["cache"]) is dict and loaded["cache"] == {"oc.env": {"HOME": "/root"}}
    assert loaded["extra_state"]["bytes"] == b"\x00\xff" and loaded["extra_state"]["epoch"] == 2**70


def test_one_scale_a_head_and_standard_kernels_only(small, tmp_path):
    theirs, _ = small
    audio = "modality_encoders.AUDIO."
    for name, weight, message in (
        ("alibi_scale", torch.ones(3, 1, 6, 1, 1), "only one scale a head"),
        ("alibi_scale", torch.ones(1, 1, 5, 1, 1), "no multiple of heads, 5"),
        ("alibi_scale", torch.ones(6), r"alibi_scale has the shape \(6,\)"),
        ("local_encoder.conv_layers.1.0.weight", torch.ones(512, 512, 5), r"kernels \[10, 5, 3"),
        ("local_encoder.conv_layers.1.0.weight", torch.tensor(1.0), r"has the shape \(\)"),
        ("local_encoder.conv_layers.0.0.bias", torch.ones(511), "unexpected .*local.convs.0.bias"),
        ("extra_tokens", torch.ones(10, 24), r"extra_tokens has the shape \(10, 24\)"),
        ("relative_positional_encoder.1.0.weight", torch.ones(24, 0, 7), r"has the shape \(24, 0, 7\)"),
        ("context_encoder.blocks.0.norm1.weight", torch.ones(23), "of other shape .*blocks.0.norm1.weight"),
        ("alibi_bias", torch.ones(1), "no emotion2vec of its sizes has: modality_encoders.AUDIO.alibi_bias"),
        ("project_features.2.weight", "text", "project_features.2.weight among the weights is no tensor"),
    ):
        torch.save({"model": encoder_state(theirs) | {audio + name: weight}}, tmp_path / "a.pt")
        with pytest.raises(InputError, match=message) as error:
            Emotion2Vec.from_pretrained(tmp_path / "a.pt")
        assert "\n" not in str(error.value) and "a.pt" in str(error.value)
    pre_norm = encoder_state(theirs) | {"norm.weight": torch.ones(24), "norm.bias": torch.ones(24)}
    torch.save({"model": pre_norm}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="has: norm.weight, norm.bias"):
        Emotion2Vec.from_pretrained(tmp_path / "a.pt")
    for name in encoder_state(theirs):
        if name in (f"{audio}extra_tokens", "blocks.1.attn.qkv.bias", f"{audio}context_encoder.norm.weight"):
            torch.save({"model": {k: v for k, v in encoder_state(theirs).items() if k != name}}, tmp_path / "a.pt")
            with pytest.raises(InputError, match="missing|no weight"):
                Emotion2Vec.from_pretrained(tmp_path / "a.pt")


def test_folders_without_exactly_one_checkpoint(small, tmp_path):
    theirs, config = small
    folder = write_funasr(tmp_path / "a", theirs.state_dict(), config)
    (checkpoint,) = folder.glob("*.pt")
    (folder / "b.pt").write_bytes(checkpoint.read_bytes())
    with pytest.raises(InputError, match="exactly one .pt file, has b.pt, emotion2vec 模型.pt"):
        Emotion2Vec.from_pretrained(folder)
    (folder / "config.yaml").unlink()
    with pytest.raises(InputError, match="exactly one .pt file, has b.pt, emotion2vec 模型.pt"):
        Emotion2Vec.from_pretrained(folder)
    folder = write_funasr(tmp_path / "c", {}, config)
    for state in ({"weight": torch.ones(1)}, [1], torch.ones(2), {"model": {1: torch.ones(1)}}):
        torch.save(state, folder / "emotion2vec 模型.pt")
        with pytest.raises(InputError, match="no weights of an emotion2vec"):
            Emotion2Vec.from_pretrained(folder)
    (folder / "emotion2vec 模型.pt").unlink()
    with pytest.raises(InputError, match="exactly one .pt file, has none"):
        Emotion2Vec.from_pretrained(folder)
    for text, message in (
        ("a: [", "config.yaml: no YAML"),
        ("- 1", "no YAML mapping"),
        ("a: 1", "no setting 'model_c"),
    ):
        (folder / "config.yaml").write_text(text)
        with pytest.raises(InputError, match=message) as error:
            Emotion2Vec.from_pretrained(folder)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("zipped", [True, False])
def test_broken_files_are_one_line(small, tmp_path, zipped):
    theirs, _ = small
    path = tmp_path / "a.pt"
    torch.save({"model": encoder_state(theirs)}, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    broken = [whole[:cut] for cut in (0, 1, 3, 10, 500, len(whole) // 2, len(whole) - 100)]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as empty:
        empty.writestr("a/text.txt", "hello")
    broken += [b"no checkpoint at all", b"\x80\x02]q\x00.", os.urandom(3000), archive.getvalue(), b"PK\x03\x04" * 9]
    for content in broken:
        path.write_bytes(content)
        with pytest.raises(InputError, match="a.pt: ") as error:
            Emotion2Vec.from_pretrained(path)
        assert "\n" not in str(error.value)


def save_pickle(pickled: bytes, path: pathlib.Path, zipped: bool) -> None:
    """Writes a file as torch.save does, around a pickle of one's own."""
    if zipped:
        torch.save({}, path)
        with zipfile.ZipFile(path) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in entries.items():
                archive.writestr(name, pickled if name.endswith("/data.pkl") else content)
    else:
        torch.save({}, path, _use_new_zipfile_serialization=False)
        empty, legacy = pickle.dumps({}, 2), path.read_bytes()
        assert legacy.count(empty) == 1
        path.write_bytes(legacy.replace(empty, pickled))


class Reduced:
    """An object whose pickle calls a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def write_marker(path: str) -> None:
    pathlib.Path(path).write_text("run")


def gadgets(marker: pathlib.Path) -> dict[str, tuple[object, str]]:
    """Objects whose pickle writes ``marker`` when it is run, and what a refusal of them names."""
    code = f"open({str(marker)!r}, 'w').close()"
    return {
        "os.system": (Reduced(os.system, f"touch '{marker}'"), "posix.system"),
        "eval": (Reduced(eval, code), "builtins.eval"),
        "exec": (Reduced(exec, code), "builtins.exec"),
        "open": (Reduced(open, str(marker), "w"), "io.open"),
        "Popen": (Reduced(subprocess.Popen, ["touch", str(marker)]), "subprocess.Popen"),
        "torch.load": (Reduced(torch.hub.load, str(marker.parent), "hub", "", "local"), "torch.hub.load"),
        "nested": ({"a": [(1, {"b": Reduced(os.system, f"touch '{marker}'")})]}, "posix.system"),
        "getattr": (Reduced(getattr, Reduced(__import__, "os"), "system"), "builtins.__import__"),
    }


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", ["whole", "model", "weight", "cfg", "key"])
@pytest.mark.parametrize("name", list(gadgets(pathlib.Path("x"))))
def test_nothing_in_a_pickle_is_run(tmp_path, name, place, zipped):
    (tmp_path / "hubconf.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w').close()")
    gadget, refused = gadgets(tmp_path / "marker")[name]
    weight = {"modality_encoders.AUDIO.alibi_scale": torch.ones(1)}
    checkpoint = {
        "whole": gadget,
        "model": {"model": gadget},
        "weight": {"model": {**weight, "a": gadget}},
        "cfg": {"cfg": gadget, "model": weight},
        "key": {"model": weight, ("a", Reduced(tuple, [gadget])): 1},
    }
    path = tmp_path / "a.pt"
    torch.save(checkpoint[place], path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(InputError) as error:
        Emotion2Vec.from_pretrained(path)
    assert str(path) in str(error.value) and refused in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "marker").exists()


def crafted(marker: str) -> dict[str, tuple[bytes, str | None]]:
    """Pickles by hand, and what a refusal of them names; None where nothing is refused and nothing is run."""
    command = f"touch '{marker}'".encode()
    text = b"X" + len(command).to_bytes(4, "little") + command
    path = b"X" + len(marker.encode()).to_bytes(4, "little") + marker.encode()
    writer = __name__.encode()
    return {
        "INST": (b"(S'" + command.replace(b"'", b"\\'") + b"'\nios\nsystem\n.", "os.system"),
        "OBJ": (b"(cos\nsystem\n" + text + b"o.", "OBJ"),
        "STACK_GLOBAL": (b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text + b"\x85R.", "STACK_GLOBAL"),
        "EXT1": (b"\x80\x02\x82\xf0" + text + b"\x85R.", "EXT1"),
        "EXT4": (b"\x80\x02\x84\xf0\x00\x00\x00" + text + b"\x85R.", "EXT4"),
        "dotted": (b"\x80\x02cpathlib\nos.system\n" + text + b"\x85R.", "pathlib.os.system"),
        "of a module in use": (b"\x80\x02c" + writer + b"\nwrite_marker\n" + path + b"\x85R.", None),
        "method of a stand-in": (b"\x80\x02cabsent\nConfig.run\n" + text + b"\x85R.", None),
        "result called": (b"\x80\x02cabsent\nConfig\n" + text + b"\x85R" + text + b"\x85R.", "unrecognized function"),
        "item of a stand-in": (b"\x80\x02cabsent\nConfig\n)\x81" + text + text + b"s.", "Can only SETITEM"),
        "state of a class": (b"\x80\x02cabsent\nConfig\nN}X\x01\x00\x00\x00aK\x01s\x86b.", "Can only build"),
        "state of a function": (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}\x86b.", "Can only build"),
        "persistent module": (
            b"\x80\x02(X\x06\x00\x00\x00modulecabsent\nConfig\nX\x01\x00\x00\x00aX\x01\x00\x00\x00btQ.",
            "Only persistent_load of storage",
        ),
    }


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", list(crafted("x")))
def test_no_operation_of_a_pickle_runs_anything(tmp_path, name, zipped):
    copyreg.add_extension("os", "system", 0xF0)
    try:
        pickled, refused = crafted(str(tmp_path / "marker"))[name]
        save_pickle(pickled, tmp_path / "a.pt", zipped)
        if refused is None:
            assert isinstance(load_checkpoint(tmp_path / "a.pt"), StandIn)
        else:
            with pytest.raises(InputError, match=refused) as error:
                load_checkpoint(tmp_path / "a.pt")
            assert "\n" not in str(error.value)
    finally:
        copyreg.remove_extension("os", "system", 0xF0)
    assert not (tmp_path / "marker").exists()
    assert not hasattr(StandIn, "a")


def test_the_gadgets_would_write_their_marker(tmp_path):
    """Else that no marker is there would prove nothing."""
    marker = tmp_path / "marker"
    for gadget in ("os.system", "eval", "exec", "open", "nested"):
        pickle.loads(pickle.dumps(gadgets(marker)[gadget][0], 2))
        marker.unlink()
    process = pickle.loads(pickle.dumps(gadgets(marker)["Popen"][0], 2))
    process.wait()
    marker.unlink()
    copyreg.add_extension("os", "system", 0xF0)
    for name in ("INST", "STACK_GLOBAL", "EXT1", "EXT4", "of a module in use"):
        pickle.loads(crafted(str(marker))[name][0])
        marker.unlink()
    copyreg.remove_extension("os", "system", 0xF0)


def test_converted_is_the_same_model_and_interrupted_is_none(small, tmp_path, monkeypatch):
    theirs, config = small
    source = write_funasr(tmp_path / "source", theirs.state_dict(), config)
    target = tmp_path / "a" / "converted"
    monkeypatch.setattr(sys, "argv", ["convert_emotion2vec", "--model", str(source), "--output_dir", str(target)])
    convert_emotion2vec.main()
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
    monkeypatch.setattr(sys, "argv", ["convert_emotion2vec", "--model", str(source), "--output_dir", str(source)])
    with pytest.raises(InputError, match="is --model"):
        convert_emotion2vec.main()
