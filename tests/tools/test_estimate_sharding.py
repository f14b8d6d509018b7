"""tools/estimate_sharding.py: what is divided among GPUs, and the manual's table of the paper's size."""

import re
import runpy
from types import SimpleNamespace

import pytest
from helpers.paths import ROOT
from helpers.tiny_alm import LORA, build, tiny_config
from transformers import Qwen2Config, WhisperConfig

CONFIG = ROOT / "egs" / "TEMPLATE" / "conf" / "paper" / "alm.yaml"
MEMORY = {"weights": 800, "gradients": 80, "activations": 400, "optimizer": 160, "reserve": 20}
ROW = re.compile(r"^\| (\d) GPUs? \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def tool() -> SimpleNamespace:
    pytest.importorskip("espnet2")
    return SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "estimate_sharding.py")))


def test_what_is_divided(tool):
    assert tool.by_ddp(MEMORY) == 1460 + 80
    assert tool.by_zero1(MEMORY, 4) == 1460 - 160 + (160 + 80) / 4 + tool.BUFFER_BYTES
    assert tool.by_fsdp2(MEMORY, 4, units=[5, 30, 7]) == (800 + 80 + 160) / 4 + 7 + 2 * 30 + 400 + 20


def test_units_have_each_weight_once(tool, llms):
    model = build(tiny_config(llms["qwen2"], lora_conf=LORA))
    sizes = tool.unit_bytes(model)
    assert sum(sizes) == sum(own.nbytes for own in model.parameters()) and min(sizes) > 0


@pytest.fixture(scope="module")
def paper_sizes(tmp_path_factory) -> list[str]:
    """Options with configurations of the sizes of Qwen2-7B and of Whisper medium's encoder."""
    folder = tmp_path_factory.mktemp("sizes")
    Qwen2Config(
        hidden_size=3584,
        intermediate_size=18944,
        num_hidden_layers=28,
        num_attention_heads=28,
        num_key_value_heads=4,
        vocab_size=152064,
        tie_word_embeddings=False,
    ).save_pretrained(folder / "llm")
    whisper = {"d_model": 1024, "encoder_layers": 24, "encoder_attention_heads": 16, "encoder_ffn_dim": 4096}
    WhisperConfig(num_mel_bins=80, **whisper).save_pretrained(folder / "whisper")
    return [word for name in ("llm", "whisper") for word in (f"--{name}", str(folder / name))]


def test_the_table_of_the_manual(tool, paper_sizes, capsys):
    """Other releases of PyTorch and transformers keep a little more or less for backward."""
    tool.main([str(CONFIG), *paper_sizes])
    computed = ROW.findall(capsys.readouterr().out)
    printed = ROW.findall((ROOT / "docs" / "scale" / "gpu.md").read_text(encoding="utf-8"))
    assert [row[0] for row in computed] == [row[0] for row in printed] == ["1", "2", "4", "8"]
    for ours, manuals in zip(computed, printed):
        assert list(map(float, manuals)) == pytest.approx(list(map(float, ours)), rel=0.03)


def test_another_training_is_refused(tool):
    with pytest.raises(SystemExit) as ended:
        tool.main([str(CONFIG.with_name("emotion2vec_s.yaml"))])
    assert "is not one of alm_train" in str(ended.value.code)
