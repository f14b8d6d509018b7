"""The data directory and the command line of trainings of Emotion2Vec-S."""

import sys
from pathlib import Path

import numpy as np
import soundfile
import yaml

from c2ser.data.tables import write_table
from helpers.tiny_emotion2vec import SIZES, waveforms


def write_emotion2vec_data(path: Path) -> None:
    """24 utterances of noise, two thirds of them labelled, and ``train.yaml``."""
    waves = {f"utt{i:02d}": wave for i, wave in enumerate(waveforms(*range(6000, 18000, 500)))}
    for utt, wave in waves.items():
        soundfile.write(path / f"{utt}.wav", wave / np.abs(wave).max() / 2, 16000)
    write_table(path / "wav.scp", {utt: str(path / f"{utt}.wav") for utt in waves})
    write_table(path / "utt2num_samples", {utt: str(len(wave)) for utt, wave in waves.items()})
    emotions = ("angry", "sad", None)
    write_table(path / "utt2emo", {utt: emotions[i % 3] for i, utt in enumerate(waves) if emotions[i % 3]})
    (path / "emotions").write_text("angry\nsad\n")
    config = {
        "encoder_conf": {**SIZES, "dropout": 0.1, "layerdrop": 0.2},
        "pretraining_conf": {"clones": 2, "average_top_k_layers": 2, "decoder_dim": 24, "decoder_groups": 4},
        "optim": "adamw",
        "optim_conf": {"lr": 1e-3},
        "scheduler": "onecyclelr",
        "scheduler_conf": {"max_lr": 1e-3, "total_steps": 40},
        "max_epoch": 3,
        "batch_type": "numel",
        "batch_bins": 40000,
        "num_workers": 1,
        "log_interval": 1,
        "best_model_criterion": [["valid", "loss", "min"]],
        "keep_nbest_models": 3,
        "use_matplotlib": False,
        "use_tensorboard": False,
        "num_att_plot": 0,
    }
    (path / "train.yaml").write_text(yaml.safe_dump(config))


def command_line(data_dir: Path, exp: Path, *options: str) -> list[str]:
    """A training by ``train.yaml`` in a data directory, which is also validated on."""
    command = f"""{sys.executable} -m c2ser.bin.emotion2vec_train --config {data_dir}/train.yaml --output_dir {exp}
        --emotions {data_dir}/emotions --resume true --ngpu 0 --seed 5
        --train_data_path_and_name_and_type {data_dir}/wav.scp,speech,audio --train_utt2emo {data_dir}/utt2emo
        --train_shape_file {data_dir}/utt2num_samples --valid_utt2emo {data_dir}/utt2emo
        --valid_data_path_and_name_and_type {data_dir}/wav.scp,speech,audio
        --valid_shape_file {data_dir}/utt2num_samples"""
    return [*command.split(), *options]
