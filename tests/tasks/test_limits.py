"""Utterances beyond a training's limits are left out of it, and the log says how many and why."""

import os
import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from helpers.alm_training import TRAINING, command_line, logged_losses, write_alm_data
from helpers.tiny_alm import WHISPER, answers, build, save_tiny_llm, speech_batch, targets, tiny_config
from helpers.trainings import launch

from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.rationales.prompts import PROMPTS
from c2ser.settings import SettingsError
from c2ser.tasks.limits import SizeMeter, UtteranceLimits, UtteranceSize, apply_limits, positions_table

MODES = ("explicit", "implicit")
LENGTHS = (1, 1280, 1281, 16000, 40000)


@pytest.fixture(scope="module")
def llm(tmp_path_factory) -> Path:
    return save_tiny_llm(tmp_path_factory.mktemp("llm"))


def test_what_is_at_a_limit_is_kept():
    limits = UtteranceLimits(seconds=29, target_tokens=200, positions=1000)
    at_limits = UtteranceSize(samples=29 * 16000, target_tokens=200, positions=1000)
    assert limits.exceeded(at_limits) is None
    beyond = {"29 seconds": "samples", "200 target tokens": "target_tokens", "1000 positions": "positions"}
    for reason, name in beyond.items():
        assert limits.exceeded(at_limits._replace(**{name: getattr(at_limits, name) + 1})) == reason
        assert UtteranceLimits().exceeded(at_limits._replace(**{name: 10**9})) is None
    with pytest.raises(SettingsError, match="seconds: 0 is not a number above 0"):
        UtteranceLimits(seconds=0)


@pytest.mark.parametrize("queries, uncounted", [(0, 12), (3, 2)])
def test_sizes_are_those_that_the_model_has(llm, tmp_path, queries, uncounted):
    """The positions that its language model reads are the counted ones, two marks, and 10 acoustic tokens where no
    queries read these."""
    model = build(tiny_config(llm, connector_conf={"layers": 1, "feed_forward": 64, "queries": queries}))
    explicit, implicit = targets()[::2], targets()[1::2]
    write_table(tmp_path / "shapes", {f"u{i}": f"{samples},1" for i, samples in enumerate(LENGTHS)})
    for mode, texts in zip(MODES, (explicit, implicit), strict=True):
        write_table(tmp_path / mode, {f"u{i}": texts[3 * i] for i in range(len(LENGTHS))})
    asked = {mode: ["How?", prompt] for mode, prompt in PROMPTS.items()}
    meter = SizeMeter(model.tokenizer, asked, queries=queries)
    measured = list(meter.measure(tmp_path / "shapes", {mode: tmp_path / mode for mode in MODES}))
    assert [(utt, shape) for utt, shape, _ in measured] == list(read_table(tmp_path / "shapes").items())
    for i, (_, _, size) in enumerate(measured):
        with torch.no_grad():
            speech = model.perceive(*speech_batch(LENGTHS[i]))
            said = [answers(model, mode, texts[3 * i]).tokens for mode, texts in zip(MODES, (explicit, implicit))]
            read = [len(model.inputs(speech, mode, answers=tokens)[0]) for mode, tokens in zip(MODES, said)]
        assert size == (LENGTHS[i], max(len(tokens[0]) for tokens in said), max(read) - uncounted)


@pytest.fixture
def args(llm, tmp_path) -> Namespace:
    """Four utterances of 1 to 4 s in both sets, of which the first has the longest target."""
    write_table(tmp_path / "shapes", {f"u{second}": second * 16000 for second in range(1, 5)})
    short, long = "The emotion is sad.", "The speaker speaks very slowly and says a lot of things. The emotion is sad."
    write_table(tmp_path / "explicit", {"u1": long, **{f"u{second}": short for second in (2, 3, 4)}})
    write_table(tmp_path / "implicit", {f"u{second}": short for second in range(1, 5)})
    data = [(str(tmp_path / mode), mode, "text") for mode in MODES]
    return Namespace(
        output_dir=str(tmp_path / "exp"),
        llm=str(llm),
        prompts=PROMPTS,
        more_prompts={},
        connector_conf={},
        batch_positions=None,
        **{f"{part}_data_path_and_name_and_type": data for part in ("train", "valid")},
        **{f"{part}_shape_file": [str(tmp_path / "shapes")] for part in ("train", "valid")},
    )


def test_those_beyond_are_left_out_and_counted_by_reason(args, caplog):
    args.limits = {"seconds": 2.5, "target_tokens": 20}
    apply_limits(args, MODES)
    for part in ("train", "valid"):
        (path,) = getattr(args, f"{part}_shape_file")
        assert read_table(path) == {"u2": "32000"} and Path(path).parent == Path(args.output_dir)
        assert list(read_table(positions_table(args, part))) == ["u2"]
    assert [message.partition(": ")[2] for message in caplog.messages] == [
        "left out 3 of 4 utterances beyond limits: 2 over 2.5 seconds, 1 over 20 target tokens"
    ] * 2


def test_where_none_is_beyond_files_and_log_stay(args, caplog):
    before = args.train_shape_file
    args.limits = {"seconds": 4}
    apply_limits(args, MODES)
    assert args.train_shape_file is before and not caplog.messages
    assert len(read_table(positions_table(args, "train"))) == 4


def test_what_is_no_number_of_samples_is_one_line(args):
    args.limits = {"seconds": 4}
    (path,) = args.train_shape_file
    write_table(path, {**read_table(path), "u3": "many"})
    with pytest.raises(InputError, match="shapes:3: 'u3': 'many' is not a number of samples"):
        apply_limits(args, MODES)
    args.train_shape_file = [path, path]
    with pytest.raises(InputError, match="train_shape_file: limits and batch_positions go with one file"):
        apply_limits(args, MODES)


def test_without_limits_nothing_is_measured(args):
    args.limits = {}
    args.llm = "no such model"
    apply_limits(args, MODES)
    assert not Path(args.output_dir).exists()


def test_limits_that_leave_nothing_and_unknown_ones_are_refused(args):
    args.limits = {"positions": 5}
    with pytest.raises(InputError, match=r"shapes: all 4 utterances are beyond limits \(4 over 5 positions\); raise"):
        apply_limits(args, MODES)
    args.limits = {"second": 5}
    with pytest.raises(InputError, match="limits: unknown key 'second'; did you mean seconds?"):
        apply_limits(args, MODES)


def test_two_processes_train_with_all_options_of_the_paper_s_configuration(llm, tmp_path):
    write_alm_data(tmp_path)
    paper = {
        "whisper": WHISPER,
        "whisper_conf": {
            "dropout": 0.1,
            "gradient_checkpointing": True,
            "mirror_end": True,
            "spec_augment": {"drawing": "wenet"},
            "time_substitution": {"number": 3, "width": 30},
        },
        "connector_conf": {"layers": 1, "feed_forward": 64, "attention_dropout": 0.0, "positional_dropout": 0.1},
        "mark_deviation": 1.0,
        "llm": str(llm),
        "limits": {"seconds": 0.6, "target_tokens": 200, "positions": 1000},
        "batch_bins": 2 * 16000,
        "batch_positions": 600,
        "max_epoch": 2,
    }
    (tmp_path / "train.yaml").write_text(yaml.safe_dump({**TRAINING, **paper}))
    exp = tmp_path / "exp"
    together = ["--dist_world_size", "2", "--dist_master_addr", "127.0.0.1"]
    together += ["--dist_master_port", str(20000 + os.getpid() % 20000)]
    processes = [launch(command_line(tmp_path, exp, *together, "--dist_rank", str(rank)), exp) for rank in range(2)]
    assert [process.wait() for process in processes] == [0, 0], (exp / "log").read_text()[-2000:]
    said = (exp / "log").read_text()
    # 12 of 13 utterances have targets, and 9 of those, 0.25 s and each 0.04375 s longer, are of 0.6 s at most.
    reported = re.findall(r"left out 3 of 12 utterances beyond limits: 3 over 0.6 seconds", said)
    assert len(reported) == 4  # two sets in two processes
    (batches,) = {int(number) for number in re.findall(r"\[train\] 9 utterances in (\d+) batches, over 2 ", said)}
    losses = logged_losses(exp / "log")
    assert batches > 1 and len(losses) == 2 * 2 * batches and all(0 < loss < 20 for loss in losses)
    trained = torch.load(exp / "2epoch.pth", weights_only=True)
    assert trained["model.speech_marks.weight"].std() == pytest.approx(1, abs=0.3)
    assert "model.whisper.encoder.layers.0.fc1.weight" in trained


def test_without_dropout_the_options_of_the_paper_change_no_loss_and_no_gradient(llm):
    plain = tiny_config(llm)
    none = {"attention_dropout": 0.0, "positional_dropout": 0.0}
    config = replace(
        plain,
        whisper_conf={**plain.whisper_conf, "dropout": 0.0, "gradient_checkpointing": True},
        connector_conf={**plain.connector_conf, **none},
    )
    results = []
    for alm_config in (plain, config):
        model = build(alm_config).train()
        loss = model(*speech_batch(6000, 4000), answers(model, "explicit", *targets()[:4:2]))["loss"]
        loss.backward()
        results.append((loss, {name: weight.grad for name, weight in model.named_parameters()}))
    (expected, gradients), (loss, changed) = results
    torch.testing.assert_close(loss, expected)
    for name, gradient in gradients.items():
        torch.testing.assert_close(changed[name], gradient, atol=1e-6, rtol=1e-4)
