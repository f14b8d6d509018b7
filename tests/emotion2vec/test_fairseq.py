"""Checkpoints of fairseq: objects of absent libraries, sizes from shapes."""

import argparse
import enum
import io
import os
import pathlib
import sys
import types
import typing
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from helpers.funasr import (
    assert_same_features,
    encoder_state,
    noise,
    write_funasr,
)
from omegaconf import II, MISSING, OmegaConf

from c2ser.checkpoints.pickles import StandIn, load_checkpoint
from c2ser.emotion2vec import Emotion2Vec
from c2ser.errors import InputError


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
        ("alibi_scale", torch.ones(3, 1, 6, 1, 1), "only one scale per head"),
        ("alibi_scale", torch.ones(1, 1, 5, 1, 1), "not a multiple of heads, 5"),
        ("alibi_scale", torch.ones(6), r"alibi_scale has the shape \(6,\)"),
        ("local_encoder.conv_layers.1.0.weight", torch.ones(512, 512, 5), r"kernels \[10, 5, 3"),
        ("local_encoder.conv_layers.1.0.weight", torch.tensor(1.0), r"has the shape \(\)"),
        ("local_encoder.conv_layers.0.0.bias", torch.ones(511), "unexpected .*local.convs.0.bias"),
        ("extra_tokens", torch.ones(10, 24), r"extra_tokens has the shape \(10, 24\)"),
        ("relative_positional_encoder.1.0.weight", torch.ones(24, 0, 7), r"has the shape \(24, 0, 7\)"),
        ("context_encoder.blocks.0.norm1.weight", torch.ones(23), "of another shape .*blocks.0.norm1.weight"),
        ("alibi_bias", torch.ones(1), "unexpected weights .*: modality_encoders.AUDIO.alibi_bias"),
        ("project_features.2.weight", "text", "project_features.2.weight is not a tensor"),
    ):
        torch.save({"model": encoder_state(theirs) | {audio + name: weight}}, tmp_path / "a.pt")
        with pytest.raises(InputError, match=message) as error:
            Emotion2Vec.from_pretrained(tmp_path / "a.pt")
        assert "\n" not in str(error.value) and "a.pt" in str(error.value)
    pre_norm = encoder_state(theirs) | {"norm.weight": torch.ones(24), "norm.bias": torch.ones(24)}
    torch.save({"model": pre_norm}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="unexpected weights .*: norm.weight, norm.bias"):
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
    with pytest.raises(InputError, match="exactly one .pt file is needed, found b.pt, emotion2vec 模型.pt"):
        Emotion2Vec.from_pretrained(folder)
    (folder / "config.yaml").unlink()
    with pytest.raises(InputError, match="exactly one .pt file is needed, found b.pt, emotion2vec 模型.pt"):
        Emotion2Vec.from_pretrained(folder)
    folder = write_funasr(tmp_path / "c", {}, config)
    for state in ({"weight": torch.ones(1)}, [1], torch.ones(2), {"model": {1: torch.ones(1)}}):
        torch.save(state, folder / "emotion2vec 模型.pt")
        with pytest.raises(InputError, match="not the weights of an emotion2vec"):
            Emotion2Vec.from_pretrained(folder)
    (folder / "emotion2vec 模型.pt").unlink()
    with pytest.raises(InputError, match="exactly one .pt file is needed, found none"):
        Emotion2Vec.from_pretrained(folder)
    for text, message in (
        ("a: [", "config.yaml: not valid YAML"),
        ("- 1", "not a YAML mapping"),
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
