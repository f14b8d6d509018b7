"""tools/estimate_memory.py against what a step really keeps, and the paper's configurations, which it reads."""

import json
import re
import runpy
import subprocess
import sys
from functools import partial
from itertools import accumulate
from types import SimpleNamespace

import pytest
import torch
import yaml
from helpers.paths import ROOT
from torch import nn
from torch.profiler import ProfilerActivity, profile
from transformers import Qwen2Config, WhisperConfig

from c2ser.compatibility import checkpoint_activations

PAPER = ROOT / "egs" / "TEMPLATE" / "conf" / "paper"
TOOL = ROOT / "tools" / "estimate_memory.py"
LORA = {"r": 8, "lora_alpha": 32, "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]}


@pytest.fixture(scope="module")
def tool() -> SimpleNamespace:
    pytest.importorskip("espnet2")
    return SimpleNamespace(**runpy.run_path(str(TOOL)))


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, str]:
    """Folders with the configurations, nothing else, of a small Qwen2 and of Whisper base."""
    folder = tmp_path_factory.mktemp("Modelle ü")
    llm = Qwen2Config(
        hidden_size=512,
        intermediate_size=1024,
        num_hidden_layers=3,
        num_attention_heads=8,
        num_key_value_heads=2,
        vocab_size=5000,
    )
    llm.save_pretrained(folder / "llm")
    whisper = {"d_model": 512, "encoder_layers": 6, "encoder_attention_heads": 8, "encoder_ffn_dim": 2048}
    WhisperConfig(num_mel_bins=80, **whisper).save_pretrained(folder / "whisper")
    return {name: str(folder / name) for name in ("llm", "whisper")}


def alm_settings(tool, models, tmp_path, **changes) -> SimpleNamespace:
    path = tmp_path / "alm.yaml"
    connector = {"layers": 2, "heads": 4, "feed_forward": 1024, "dropout": 0.0}
    path.write_text(
        yaml.safe_dump({"connector_conf": connector, "batch_type": "numel", "batch_bins": 96000, **changes})
    )
    return tool.read_configuration(path, models)


def with_storage(model: nn.Module) -> nn.Module:
    """The same model with random weights."""
    model.to_empty(device="cpu")
    for tensor in (*model.parameters(), *model.buffers()):
        nn.init.normal_(tensor.data, std=0.02) if tensor.is_floating_point() else tensor.zero_()
    return model.train()


def really_held(model: nn.Module, batch: tuple, amp: bool) -> tuple[int, int]:
    """Bytes of the storages that a real step keeps for backward, the model's own left out, and those that it allocated
    when these were most."""
    own = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    kept = {}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter) if parameter.requires_grad else None

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        with torch.autocast("cpu", torch.bfloat16, enabled=amp):
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
                loss = model(*batch)["loss"]
            loss.backward()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    changes = [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
    return sum(kept.values()), max(accumulate(changes))


@pytest.mark.parametrize(
    "changes, checkpointing, amp",
    [
        ({}, False, False),
        ({"whisper_conf": {"gradient_checkpointing": True}}, False, False),
        ({"trained": ["connector", "llm"], "lora_conf": LORA}, False, False),
        ({"trained": ["connector", "llm"], "lora_conf": LORA, "llm_dtype": "bfloat16"}, True, True),
    ],
    ids=["all parts", "Whisper checkpointed", "LoRA", "checkpointing in bfloat16"],
)
def test_memory_is_that_of_a_real_step(tool, models, tmp_path, changes, checkpointing, amp):
    def build() -> nn.Module:
        model = tool.build_alm(alm_settings(tool, models, tmp_path, **changes))
        if checkpointing:
            checkpoint_activations(model.llm)
        return model

    batch = partial(tool.alm_batch, 4, 48000, 40, 768)
    meter, kept = tool.measure_step(build(), batch, amp)
    real, peak = really_held(with_storage(build()), batch(), amp)
    assert sum(kept.values()) == pytest.approx(real, rel=0.1)
    if not amp:  # bfloat16 on the CPU copies the output layer's weights once for each utterance, which GPUs do not
        assert meter.peak == pytest.approx(peak, rel=0.1)
    assert meter.live < 0.1 * meter.peak  # nothing is left but what was there before


class Attention(nn.Module):
    """Attention of 4 heads of width 8 with a bias that trains, as ALiBi's slopes do."""

    def __init__(self, length: int):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, 4, length, length))

    def forward(self, x):
        heads = x.view(*x.shape[:2], 4, 8).transpose(1, 2)
        attended = nn.functional.scaled_dot_product_attention(heads, heads, heads, self.bias.expand(len(x), -1, -1, -1))
        return {"loss": attended.sum()}


def test_attention_with_a_bias_that_trains_keeps_no_scores(tool):
    """Memory-efficient attention keeps its input, its output, a number per query and head, and the bias, in rows of a
    multiple of 8. The CPU's kernels have no gradient of a bias, so that scores and their softmax are kept there."""
    batch, length = 2, 30
    with torch.device("meta"):
        model = Attention(length)
    x = torch.zeros(batch, length, 32)
    _, kept = tool.measure_step(model, lambda: (x,), amp=False)
    per_query, bias = batch * 4 * 32, batch * 4 * length * 32
    assert sum(kept.values()) == pytest.approx(4 * (2 * x.numel() + per_query + bias), rel=0.01)


def test_layer_norm_is_in_float32_where_the_rest_is_in_bfloat16(tool):
    """As autocast has it on GPUs, and not on CPUs; its input is kept in float32, the other layers' in bfloat16."""

    def kept(*layers: nn.Module) -> int:
        class Model(nn.Sequential):
            def forward(self, x):
                return {"loss": super().forward(x).sum()}

        _, parts = tool.measure_step(Model(*layers).to("meta"), lambda: (torch.zeros(1000, 256),), amp=True)
        return sum(parts.values())

    linear, numbers = partial(nn.Linear, 256, 256), 1000 * 256
    more = kept(linear(), nn.LayerNorm(256), linear()) - kept(linear(), linear())
    assert more == 4 * (numbers + 2 * 1000)  # and a mean and a deviation per row


def test_flops_are_those_of_the_layers(tool):
    """Forward, gradients of weights and of inputs: three products; frozen weights have no gradients."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = (nn.Linear(256, 256, bias=False) for _ in range(2))
            self.first.requires_grad_(False)

        def forward(self, x):
            return {"loss": self.second(self.first(x)).sum()}

    with torch.device("meta"):
        model = Model()
    meter, _ = tool.measure_step(model, lambda: (torch.zeros(100, 256),), amp=False)
    assert meter.flops == 3 * 2 * 100 * 256**2


def run(tool, capsys, *arguments: object) -> str:
    tool.main(list(map(str, arguments)))
    return capsys.readouterr().out


def total(report: str) -> float:
    return float(re.search(r"^at most +([\d.]+) of", report, re.MULTILINE)[1])


@pytest.fixture
def paper(tool, capsys, models):
    """Estimates one of the paper's configurations with the small models."""

    def estimate(name: str, *options: object) -> str:
        overrides = [word for key, folder in models.items() for word in (f"--{key}", folder)]
        return run(tool, capsys, PAPER / name, *overrides, "--gpus", 8, *options)

    return estimate


@pytest.mark.parametrize("name, utterances", [("alm.yaml", 6), ("alm_implicit.yaml", 6), ("emotion2vec_s.yaml", 9)])
def test_training_takes_the_configurations_of_the_paper(paper, name, utterances):
    report = paper(name)
    assert f"{utterances} utterances of 6.5 s a batch on each of 8 GPUs" in report and ": it fits" in report


def test_a_batch_is_limited_in_positions_as_well(paper):
    """A prompt of 15 words, 2 s at 12.5 positions a second, and the answer: 13 times that are within 1900."""
    assert "19 utterances of 2 s" in paper("alm.yaml", "--seconds", 2, "--answer_tokens", 60)
    assert "13 utterances of 2 s" in paper("alm.yaml", "--seconds", 2, "--answer_tokens", 100)


def test_a_larger_batch_needs_more_and_may_not_fit(paper):
    one, eight = paper("alm.yaml"), paper("alm.yaml", "--gpus", 1, "--gpu_memory", 3)
    assert total(eight) > total(one) and "IT DOES NOT FIT" in eight


def test_deepspeed_has_the_optimizer_of_the_yaml():
    alm = yaml.safe_load((PAPER / "alm.yaml").read_text())
    assert (ROOT / "egs" / "emodb" / alm["deepspeed_config"]).is_file()
    deepspeed = json.loads((PAPER / "deepspeed.json").read_text())
    optimizer = deepspeed["optimizer"]["params"]
    assert optimizer == {**alm["optim_conf"], "torch_adam": True}
    assert deepspeed["gradient_accumulation_steps"] == alm["accum_grad"]
    assert deepspeed["gradient_clipping"] == alm["grad_clip"]
    assert deepspeed["scheduler"]["params"]["warmup_max_lr"] == alm["optim_conf"]["lr"]
    assert deepspeed["scheduler"]["params"]["warmup_num_steps"] == alm["scheduler_conf"]["warmup_steps"]


@pytest.mark.parametrize(
    "text, said",
    [
        ("[1, 2]", "not a YAML mapping"),
        ("llm: {", "not valid YAML"),
        ("connector_config: {}\nbatch_type: numel", "unknown key 'connector_config'"),
        ("batch_type: sorted", "batch_type is sorted"),
        ("batch_type: numel", "names no whisper; give --whisper"),
        ("batch_type: numel\nwhisper: /no/such/folder", "whisper '/no/such/folder': "),
        ("batch_type: numel\nwhisper: {d_model: 64}", "names no llm; give --llm"),
        ("encoder_conf: {width: 3}\nbatch_type: numel", "encoder_conf: unknown key 'width'"),
    ],
)
def test_bad_configurations(tool, capsys, tmp_path, text, said):
    path = tmp_path / "conf.yaml"
    path.write_text(text)
    with pytest.raises(SystemExit) as ended:
        run(tool, capsys, path)
    assert said in ended.value.code and "\n" not in ended.value.code


def test_bad_options_end_with_one_line():
    done = subprocess.run([sys.executable, TOOL, "x.yaml", "--gpus", "0"], capture_output=True, text=True)
    assert done.returncode == 2 and "argument --gpus: '0' is not a whole number, 1 or more" in done.stderr
