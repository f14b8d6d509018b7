"""LoRA of a Qwen2-Audio of random weights: it learns targets, survives a kill, and what it learned is recognized."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from helpers.audio_chat import write_qwen2_audio, write_qwen25_omni
from helpers.trainings import launch, whole_and_killed

from c2ser.bin import recognize
from c2ser.data.tables import read_table, write_table
from c2ser.rationales.templates import implicit_target
from c2ser.systems.audio_chat_lora import AdaptedChat, AudioChatConfig, answer_tokens
from c2ser.systems.recognizer import Speech, load_recognizer

EMOTIONS = ["angry", "sad"]
LORA = {"r": 8, "lora_alpha": 32, "target_modules": ["q_proj", "v_proj", "lm_head"], "exclude_modules": ".*audio_.*"}


def write_data(folder: Path, number: int) -> Path:
    """Noise, with targets; the last utterance has none."""
    folder.mkdir()
    rng = np.random.default_rng(number)
    utts = [f"utt{place}" for place in range(number)]
    for utt in utts:
        soundfile.write(folder / f"{utt}.wav", 0.1 * rng.normal(size=3200), 16000)
    write_table(folder / "wav.scp", {utt: str(folder / f"{utt}.wav") for utt in utts})
    write_table(folder / "utt2spk", dict.fromkeys(utts, "one"))
    write_table(folder / "utt2num_samples", dict.fromkeys(utts, "3200"))
    targets = {utt: implicit_target(EMOTIONS[place % 2], "en") for place, utt in enumerate(utts[:-1])}
    write_table(folder / "implicit", targets)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("data")
    write_data(root / "train", 9)
    write_data(root / "dev", 5)
    (root / "emotions").write_text("\n".join(EMOTIONS) + "\n")
    write_qwen2_audio(root / "chat", seconds=1)
    config = {
        "mode": "implicit",
        "lora_conf": LORA,
        "gradient_checkpointing": True,
        "optim": "adamw",
        "optim_conf": {"lr": 3e-2},
        "scheduler": "warmuplr",
        "scheduler_conf": {"warmup_steps": 2},
        "max_epoch": 4,
        "num_iters_per_epoch": 6,
        "accum_grad": 1,
        "batch_type": "numel",
        "batch_bins": 12800,
        "num_workers": 0,
        "log_interval": 1,
        "best_model_criterion": [["valid", "loss", "min"]],
        "keep_nbest_models": 1,
        "use_matplotlib": False,
        "use_tensorboard": False,
        "num_att_plot": 0,
    }
    (root / "audio_chat.yaml").write_text(yaml.safe_dump(config))
    return root


def command_line(data: Path, exp: Path) -> list[str]:
    command = f"""{sys.executable} -m c2ser.bin.audio_chat_train --config {data}/audio_chat.yaml
        --chat_model {data}/chat --emotions {data}/emotions --train_dir {data}/train --valid_dir {data}/dev
        --output_dir {exp} --resume true --ngpu 0 --seed 3"""
    return command.split()


@pytest.fixture(scope="module")
def experiments(data) -> tuple[Path, Path]:
    return whole_and_killed(lambda exp: launch(command_line(data, exp), exp), data, r"2epoch:train:4-4batch")


def test_a_killed_training_ends_with_the_same_weights(experiments):
    first, second = (torch.load(exp / "valid.loss.ave.pth", weights_only=True) for exp in experiments)
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_it_learns_and_only_adapters_are_saved(experiments):
    checkpoint = torch.load(experiments[0] / "checkpoint.pth", weights_only=False)
    losses = [epoch["valid"]["loss"] for epoch in checkpoint["reporter"]["stats"].values()]
    assert losses[-1] < 0.7 * losses[0]
    names = torch.load(experiments[0] / "valid.loss.ave.pth", weights_only=True)
    assert all("lora_" in name or name.endswith("_digest") for name in names)
    assert "left out 1 of 9 utterances, which have no targets" in (experiments[0] / "log").read_text()


def test_what_was_trained_is_recognized(experiments, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output = tmp_path / "exp" / "chat_lora" / "inference_implicit" / "dev"
    options = ["--data_dir", str(data / "dev"), "--output_dir", str(output)]
    recognize.main(["--system", "audio_chat", "--model", str(experiments[0]), *options])
    texts = read_table(output / "text")
    assert len(texts) == 5
    recognizer = load_recognizer("audio_chat", str(experiments[0]))
    speech = [Speech(soundfile.read(data / "dev" / f"{utt}.wav", dtype="float32")[0]) for utt in texts]
    answers = [" ".join(own.text.split()) for own in recognizer.recognize(speech, "implicit")]
    assert list(texts.values()) == answers
    with recognizer.model.disable_adapter():
        assert [" ".join(own.text.split()) for own in recognizer.recognize(speech, "implicit")] != answers
    again = load_recognizer("audio_chat", str(experiments[1]))
    assert again.identity() == recognizer.identity()


def test_adapters_of_another_model_are_refused(experiments, data, tmp_path):
    shutil.copytree(experiments[0], tmp_path / "exp")
    write_qwen2_audio(tmp_path / "other", seed=1, seconds=1)
    config = (tmp_path / "exp" / "config.yaml").read_text().replace(f"{data}/chat", f"{tmp_path}/other")
    (tmp_path / "exp" / "config.yaml").write_text(config)
    options = ["--data_dir", str(data / "dev"), "--output_dir", str(tmp_path / "out")]
    with pytest.raises(SystemExit, match="was trained on other weights than those of chat"):
        recognize.main(["--system", "audio_chat", "--model", str(tmp_path / "exp"), *options])


@pytest.mark.parametrize("system", ["qwen2_audio", "qwen2_5_omni"])
def test_an_answer_is_scored_as_it_is_generated(system, tmp_path):
    folder = {"qwen2_audio": write_qwen2_audio, "qwen2_5_omni": write_qwen25_omni}[system](tmp_path / system)
    config = AudioChatConfig(str(folder), system=system, lora_conf=LORA)
    model = AdaptedChat(config, EMOTIONS).eval()
    speech = [
        Speech(np.random.default_rng(seed).normal(size=samples).astype("f4"))
        for seed, samples in ((0, 9000), (1, 3000))
    ]
    processor = model.recognizer.processor
    tokens = answer_tokens(processor, config.question, answer="angry")
    assert processor.tokenizer.decode(tokens) == "angry<|im_end|>"
    answers = [torch.tensor(tokens), torch.tensor(tokens[2:])]
    with torch.no_grad():
        logits, targets = model(speech, answers)
        alone, _ = model(speech[1:], answers[1:])
        inputs = model.recognizer.inputs(speech)
        first = model.chat(**inputs).logits[:, -1]
    torch.testing.assert_close(logits[:, 0], first, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(logits[1, : len(tokens) - 2], alone[0], atol=1e-4, rtol=1e-4)
    assert targets[1].tolist() == [*tokens[2:], -100, -100]
