"""conf/paper of the audio language model beside the settings of the paper's release, value by value."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from helpers.paths import ROOT

from c2ser.data.audio import SAMPLE_RATE
from c2ser.settings import read_config, read_settings

PAPER = ROOT / "egs" / "TEMPLATE" / "conf" / "paper"
GPUS = 8  # that the batches of conf/paper are for
HOP = 160  # samples of a frame: the release's log_mel_spectrogram_conf.hop_length
CONNECTOR = "TransformerEncoder of LLMASR_Model"

# Our key -> the release's name and value, of its config.yaml and code at commit 68d1556.
RELEASE: dict[str, tuple[str, Any]] = {
    "whisper": ("encoder_conf: num_blocks, output_size, attention_heads, linear_units", (24, 1024, 16, 4096)),
    "whisper_conf.dtype": ("torch's default, for the encoder", "float32"),
    "whisper_conf.mirror_end": ("torch.stft of the waveform alone, its last frame left out", True),
    "whisper_conf.dropout": (
        "encoder_conf: dropout_rate, positional_dropout_rate, attention_dropout_rate",
        (0.1, 0.1, 0.0),
    ),
    "whisper_conf.gradient_checkpointing": ("encoder_conf.gradient_checkpointing", True),
    "whisper_conf.spec_augment.frequency_masks": ("spec_aug_conf.num_f_mask", 2),
    "whisper_conf.spec_augment.frequency_width": ("spec_aug_conf.max_f", 10),
    "whisper_conf.spec_augment.time_masks": ("spec_aug_conf.num_t_mask", 2),
    "whisper_conf.spec_augment.time_width": ("spec_aug_conf.max_t", 50),
    "whisper_conf.spec_augment.drawing": ("spec_aug: randint(1, max), from any frame on, cut at the end", "wenet"),
    "whisper_conf.time_substitution.number": ("spec_sub_conf.num_t_sub", 3),
    "whisper_conf.time_substitution.width": ("spec_sub_conf.max_t", 30),
    "connector_conf.layers": (f"{CONNECTOR}: num_blocks", 4),
    "connector_conf.heads": (f"{CONNECTOR}: attention_heads", 4),
    "connector_conf.feed_forward": (f"{CONNECTOR}: linear_units", 2560),
    "connector_conf.dropout": (f"{CONNECTOR}: dropout_rate", 0.1),
    "connector_conf.attention_dropout": (f"{CONNECTOR}: attention_dropout_rate", 0.0),
    "connector_conf.positional_dropout": (f"{CONNECTOR}: positional_dropout_rate", 0.1),
    "mark_deviation": ("torch.nn.Embedding's own initialization of speech_token_emded", 1.0),
    "llm": ("llm_path", "Qwen/Qwen2-7B"),
    "llm_dtype": ("torch_dtype of llama_model", "bfloat16"),
    "lora_conf.r": ("lora_rank", 8),
    "lora_conf.lora_alpha": ("lora_alpha", 32),
    "lora_conf.lora_dropout": ("lora_dropout", 0.1),
    "lora_conf.target_modules": ("target_modules", ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]),
    "gradient_checkpointing": ("llama_model has none", False),
    "trained": ("fire_module", "link_and_encoder_and_lora"),
    "prompts.explicit": (
        "<EMOTION> <EXP_DESCRIPTION>",
        "Please describe the speaking style, content, and the speaker's emotional state of this speech.",
    ),
    "prompts.implicit": (
        "<EMOTION> <IMP_DESCRIPTION>",
        "Please consider the speaking style, content, and directly provide the speaker's emotion in this speech.",
    ),
    "optim": ("optim", "adamw"),
    "optim_conf.lr": ("optim_conf.lr", 5.0e-5),
    "optim_conf.betas": ("optim_conf.betas", [0.9, 0.99]),
    "optim_conf.eps": ("optim_conf.eps", 1.0e-6),
    "optim_conf.weight_decay": ("optim_conf.weight_decay", 0.01),
    "scheduler": ("scheduler", "warmuplr"),
    "scheduler_conf.warmup_steps": ("scheduler_conf.warmup_steps", 8000),
    "accum_grad": ("accum_grad", 4),
    "grad_clip": ("grad_clip", 5),
    "limits.seconds": ("filter_conf.max_length", 2900),
    "limits.target_tokens": ("filter_conf.token_max_length", 200),
    "limits.positions": ("filter_conf.max_seq_len", 1000),
    "batch_bins": ("batch_conf.max_frames_in_batch", 3900),
    "batch_positions": ("batch_conf.max_seq_in_batch", 1900),
}

# How a value of the release is written in ours, where they are written differently.
IN_OURS = {
    "whisper": {(24, 1024, 16, 4096): "openai/whisper-medium"}.get,
    "whisper_conf.dropout": {(0.1, 0.1, 0.0): 0.1}.get,
    "trained": {"link_and_encoder_and_lora": ["whisper", "connector", "llm"]}.get,
    "limits.seconds": lambda frames: frames * HOP / SAMPLE_RATE,
    "batch_bins": lambda frames: frames * HOP * GPUS,
    "batch_positions": lambda positions: positions * GPUS,
}

# What the release does not tell, which the YAML marks by (?).
UNKNOWN = {
    "use_amp": True,
    "use_deepspeed": False,
    "max_epoch": 24,
    "num_iters_per_epoch": 4000,
    "batch_type": "numel",
}

# What it has no counterpart of, by the paper or by the departures in the header of the YAML.
OURS = {
    "explicit_probability": [1.0, 1.0],
    "deepspeed_config": "conf/paper/deepspeed.json",
    "num_workers": 8,
    "num_att_plot": 0,
    "best_model_criterion": [["valid", "loss", "min"]],
    "keep_nbest_models": 3,
}

# Options that the YAML leaves out because their defaults are the release's.
DEFAULTS = {
    "perception": ["semantic", "acoustic"],
    "emotion_weight": 1.0,
    "answer_dropout": 0.0,
    "distillation_weight": 0.0,
    "llm_rounding": None,
}


def leaves(config: Mapping, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of nested mappings by their paths."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield path + key, value


def expected() -> dict[str, Any]:
    same = {key: IN_OURS.get(key, lambda value: value)(value) for key, (_, value) in RELEASE.items()}
    return {**same, **UNKNOWN, **OURS}


def with_change(config: Mapping, path: str) -> dict:
    """A configuration with another value at one path."""
    key, _, rest = path.partition(".")
    return {**config, key: with_change(config[key], rest) if rest else f"not {config[key]}"}


def test_each_value_is_the_release_s_or_is_known_not_to_be():
    assert dict(leaves(read_config(PAPER / "alm.yaml"))) == expected()


@pytest.mark.parametrize("path", sorted(expected()))
def test_no_value_can_change_unseen(path):
    assert dict(leaves(with_change(read_config(PAPER / "alm.yaml"), path))) != expected()


def test_the_second_phase_differs_in_its_schedule_alone():
    assert read_settings(PAPER / "alm_implicit.yaml") == {"base": "alm.yaml", "explicit_probability": [1.0, 0.0]}


def test_what_the_yaml_leaves_out_is_the_release_s_as_well():
    task = pytest.importorskip("c2ser.tasks.alm").ALMTask
    args = vars(task.get_parser().parse_args(["--config", str(PAPER / "alm.yaml")]))
    assert {name: args[name] for name in DEFAULTS} == DEFAULTS
    assert not set(DEFAULTS) & set(read_config(PAPER / "alm.yaml"))


def test_question_marks_stand_where_the_release_tells_nothing():
    text = (PAPER / "alm.yaml").read_text()
    header = re.match(r"(#.*\n)+", text)[0]
    marked = re.findall(r"^ *(\w+):.*\(\?\)", text[len(header) :], re.MULTILINE)
    assert set(marked) == set(UNKNOWN) and text.count("(?)") == len(marked) + header.count("(?)")
