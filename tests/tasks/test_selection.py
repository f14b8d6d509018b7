"""Which epoch is chosen, on what conditions, and what is said of it at the end."""

import re
from argparse import Namespace
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
import yaml
from helpers.alm_training import TRAINING, command_line, write_alm_data
from helpers.tiny_alm import WHISPER, save_tiny_llm
from helpers.trainings import launch

from c2ser.alm.experiments import load_experiment
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.tasks.answering import DevAnswers
from c2ser.tasks.selection import check_selection, warn_of_ends

CRITERIA = [["valid", "loss", "min"], ["valid", "ua", "max"]]


class Training(NamedTuple):
    exp: Path
    valid_dir: Path
    log: str
    stats: dict


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Training:
    """Self-distillation of four epochs, of which the first has explicit batches.

    Half of the dev labels are wrong: the more certain the model becomes, the higher the loss, and as the other half is
    recognised ever better, UA grows nevertheless.
    """
    path = tmp_path_factory.mktemp("selection")
    data_dir, valid_dir, exp = (path / name for name in ("train", "valid", "exp"))
    for folder in (data_dir, valid_dir):
        folder.mkdir()
        write_alm_data(folder)
    for mode in ("explicit", "implicit"):
        texts = read_table(data_dir / mode)
        shifted = [*list(texts.values())[2:8], *list(texts.values())[6:]]
        write_table(valid_dir / mode, dict(zip(texts, shifted)))
    config = {
        **TRAINING,
        "whisper": WHISPER,
        "llm": str(save_tiny_llm(path / "llm")),
        "connector_conf": {"layers": 1, "feed_forward": 64},
        "emotion_weight": 5.0,
        "explicit_probability": [1.0, 0.0],
        "explicit_until": 0.25,
        "optim_conf": {"lr": 5e-3},
        "scheduler": None,
        "accum_grad": 1,
        "max_epoch": 4,
        "num_iters_per_epoch": 24,
        "batch_bins": 200000,
        "log_interval": 24,
        "best_model_criterion": CRITERIA,
        "keep_nbest_models": 1,
        "use_matplotlib": True,
        "use_tensorboard": True,
    }
    (data_dir / "train.yaml").write_text(yaml.safe_dump(config))
    process = launch(command_line(data_dir, exp, valid_dir=valid_dir), exp)
    log = (exp / "log").read_text() if process.wait() == 0 else pytest.fail((exp / "log").read_text()[-2000:])
    stats = torch.load(exp / "checkpoint.pth", weights_only=False)["reporter"]["stats"]
    return Training(exp, valid_dir, log, {epoch: stats[epoch]["valid"] for epoch in stats})


def best_epochs(trained: Training) -> dict[str, int]:
    """Criterion -> its best epoch, the first of equal ones."""
    return {
        "loss": min(trained.stats, key=lambda epoch: trained.stats[epoch]["loss"]),
        "ua": max(trained.stats, key=lambda epoch: trained.stats[epoch]["ua"]),
    }


def test_each_criterion_has_its_best_epoch(trained):
    for name, epoch in best_epochs(trained).items():
        assert epoch > 1
        for link in (f"valid.{name}.best.pth", f"valid.{name}.ave.pth"):
            assert (trained.exp / link).resolve() == trained.exp / f"{epoch}epoch.pth"


def test_inference_takes_the_last_criterion_and_answers_as_reported(trained):
    model, emotions = load_experiment(trained.exp)
    kinds = {"wav.scp": ("speech", "sound"), "tokens.scp": ("acoustic", "kaldi_ark"), "implicit": ("implicit", "text")}
    args = Namespace(
        valid_data_path_and_name_and_type=[(f"{trained.valid_dir}/{table}", *kind) for table, kind in kinds.items()],
        valid_shape_file=[str(trained.exp / "valid_utt2num_samples")],
        emotions=str(trained.valid_dir / "emotions"),
        valid_utt2corpus=None,
        corpus_emotions=None,
        answer_utterances=200,
        seed=0,
    )
    figures = DevAnswers(args, "implicit").figures(model, epoch=0)
    best = max(trained.stats.values(), key=lambda stats: stats["ua"])
    assert figures == {name: best[name] for name in figures} and figures["ua"] > 0.4 and len(emotions) == 7


def test_an_epoch_with_explicit_batches_is_not_eligible(trained):
    worst = {"answer_quality": -torch.inf, "ua": -torch.inf, "invalid_rate": torch.inf}
    assert {name: trained.stats[1][name] for name in worst} == worst
    assert all(0 <= trained.stats[epoch]["ua"] <= 1 for epoch in (2, 3, 4))
    assert "epoch 1: batches were explicit, so its model is not eligible" in trained.log
    assert "epoch 2: 12 implicit answers in " in trained.log


def test_figures_are_plotted(trained):
    assert {"ua.png", "invalid_rate.png", "answer_quality.png"} <= {
        path.name for path in (trained.exp / "images").iterdir()
    }


def test_a_best_epoch_at_either_end_of_the_eligible_ones_is_a_warning(trained):
    ends = {2: "is the first that counts, 2 of 2 to 4", 4: "is the last, 4 of 2 to 4"}
    expected = {
        f"the best epoch by valid.{name} {ends[epoch]}" for name, epoch in best_epochs(trained).items() if epoch in ends
    }
    warned = re.findall(r"WARNING (the best epoch by valid\.\w+ [^;\n]*?\d of \d to \d)", trained.log)
    assert set(warned) == expected


@pytest.mark.parametrize(
    "best, first, warning",
    [
        (5, 3, "is the last, 5 of 3 to 5; do more epochs"),
        (3, 3, "is the first that counts, 3 of 3 to 5"),
        (2, 3, "is 2, in which batches were explicit; choose by valid answer_quality"),
        (4, 3, None),
        (5, 5, None),
    ],
)
def test_warnings(tmp_path, caplog, best, first, warning):
    (tmp_path / "valid.ua.best.pth").symlink_to(f"{best}epoch.pth")
    (tmp_path / "latest.pth").symlink_to("5epoch.pth")
    for criterion in ("valid.ua", "valid.never_reported"):
        warn_of_ends(tmp_path, criterion, first=first)
    assert [warning in message for message in caplog.messages] == ([True] if warning else [])


def distillation(**changes) -> Namespace:
    options = {
        "explicit_probability": [1.0, 0.0],
        "explicit_until": 0.5,
        "answer_utterances": 200,
        "max_epoch": 6,
        "num_iters_per_epoch": 10,
        "accum_grad": 1,
        "best_model_criterion": [("valid", "answer_quality", "max")],
        "keep_nbest_models": [3],
        "patience": None,
        "use_deepspeed": False,
        "distributed": False,
    }
    return Namespace(**{**options, **changes})


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"keep_nbest_models": 4}, "3 of 6 epochs have implicit batches only, and keep_nbest_models is 4; lower"),
        ({"best_model_criterion": [("valid", "cer", "min")]}, "valid cer, but implicit answers give no reasons"),
        ({"explicit_until": 1.0}, "0 of 6 epochs have implicit batches only"),
        ({"answer_utterances": 0}, "valid answer_quality; give answer_utterances above 0"),
        ({"use_deepspeed": True, "distributed": True}, "DeepSpeed's trainer reports no answers"),
        ({"patience": 1}, "patience 1 ends the training before epoch 4, the first that is eligible"),
        ({"num_iters_per_epoch": None}, "give num_iters_per_epoch"),
        ({"explicit_until": 0.0}, "explicit_until 0.0: must be above 0"),
    ],
)
def test_a_training_that_could_not_choose_is_refused(changes, error):
    with pytest.raises(InputError, match=error):
        check_selection(distillation(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"patience": 2},
        {"max_epoch": 1, "keep_nbest_models": 1},
        {"explicit_probability": [0.3, 1.0], "best_model_criterion": [("valid", "cer", "min")], "keep_nbest_models": 6},
        {"best_model_criterion": [("valid", "loss", "min")], "explicit_until": 1.0, "answer_utterances": 0},
        {"explicit_probability": [0.0, 0.0], "keep_nbest_models": 6, "num_iters_per_epoch": None},
    ],
)
def test_a_training_that_can_choose_is_not(changes):
    check_selection(distillation(**changes))
