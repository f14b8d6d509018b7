"""How many updates a training makes, by the size of its data."""

import logging
from argparse import Namespace
from pathlib import Path

import pytest
from helpers.paths import ROOT

from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.settings import read_config
from c2ser.tasks.passes import lengthen

SMALL = ROOT / "egs" / "emodb" / "conf" / "small"
EMODB = (385, 2)  # utterances, seconds each


def arguments(**changes) -> Namespace:
    options = {"max_epoch": 10, "num_iters_per_epoch": 30, "accum_grad": 1, "batch_type": "numel", "min_passes": 0.0}
    return Namespace(**options | {"scheduler": "onecyclelr", "scheduler_conf": {"total_steps": 300}} | changes)


def shapes(folder: Path, utterances: int, seconds: float) -> Path:
    write_table(folder / "shapes", {f"u{number:05d}": str(round(16000 * seconds)) for number in range(utterances)})
    return folder / "shapes"


@pytest.mark.parametrize("name, updates", [("alm", 300), ("alm_implicit", 180), ("emotion2vec_s", 240)])
def test_small_makes_what_emodb_needs_and_more_for_larger_corpora(tmp_path, name, updates):
    config = read_config(SMALL / f"{name}.yaml")
    for size in (EMODB, (200, 2), (1500, 3)):
        args = arguments(**config)
        lengthen(args, {shapes(tmp_path, *size): args.batch_bins})
        made = args.max_epoch * args.num_iters_per_epoch
        passes = made * args.batch_bins / (size[0] * size[1] * 16000)
        assert args.scheduler_conf["total_steps"] == made and passes >= args.min_passes > 0
        assert (made == updates) == (size != (1500, 3))


def test_few_passes_are_said(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    lengthen(arguments(), {shapes(tmp_path, *EMODB): 512000})
    assert caplog.records[-1].levelname == "INFO" and "300 batches of training: 12.5 passes" in caplog.text
    lengthen(arguments(), {shapes(tmp_path, 8000, 2): 512000})
    assert caplog.records[-1].levelname == "WARNING"
    assert "0.6 passes over the training set; min_passes in the configuration makes more" in caplog.text


def test_whole_updates_the_tightest_limit_and_crops(tmp_path):
    args = arguments(accum_grad=4, min_passes=1.0, scheduler="warmuplr", scheduler_conf={"warmup_steps": 5})
    lengthen(args, {shapes(tmp_path, 1000, 2): 512000})  # 62.5 batches, in 10 epochs of 7
    assert args.num_iters_per_epoch == 30
    args.min_passes = 8.0
    limits = {shapes(tmp_path, 1000, 2): 512000, tmp_path / "positions": 1000}
    write_table(tmp_path / "positions", {f"u{number}": "100" for number in range(1000)})
    lengthen(args, limits)  # 100 batches by positions
    assert args.num_iters_per_epoch == 80 and args.scheduler_conf == {"warmup_steps": 5}
    cropped = arguments(min_passes=8.0)
    lengthen(cropped, {tmp_path / "shapes": 512000}, most=16000)
    assert cropped.num_iters_per_epoch == 30


def test_batches_that_are_not_limited_in_size(tmp_path):
    args = arguments(batch_type="sorted")
    lengthen(args, {tmp_path / "none": 1})
    with pytest.raises(InputError, match="min_passes goes with batch_type numel, not sorted"):
        lengthen(arguments(batch_type="sorted", min_passes=1.0), {tmp_path / "none": 1})
    lengthen(arguments(num_iters_per_epoch=None, min_passes=1.0), {tmp_path / "none": 1})
