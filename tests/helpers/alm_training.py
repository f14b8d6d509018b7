"""Data directories and command lines of trainings of the audio language model, and what they log."""

import re
import sys
from pathlib import Path

import kaldiio
import numpy as np
import soundfile

from c2ser.data.provenance import Provenance, write_provenance
from c2ser.data.tables import write_table
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.rationales.templates import explicit_target, implicit_target
from helpers.tiny_alm import ACOUSTIC_WIDTH, WHISPER

MODES = ("explicit", "implicit")

# What trainings of tests have in common.
TRAINING = {
    "optim": "adamw",
    "optim_conf": {"lr": 1e-3},
    "scheduler": "warmuplr",
    "scheduler_conf": {"warmup_steps": 5},
    "accum_grad": 2,
    "batch_type": "numel",
    "num_workers": 1,
    "log_interval": 1,
    "best_model_criterion": [["valid", "loss", "min"]],
    "keep_nbest_models": 2,
    "use_matplotlib": False,
    "use_tensorboard": False,
    "num_att_plot": 0,
}


# Three short epochs with a Whisper of which all that draws random numbers or saves memory is on.
RANDOM_WHISPER = {
    "whisper": WHISPER,
    "whisper_conf": {
        "spec_augment": {"drawing": "wenet"},
        "time_substitution": {"number": 3, "width": 30},
        "dropout": 0.1,
        "gradient_checkpointing": True,
    },
    "gradient_checkpointing": True,
    "max_epoch": 3,
    "num_iters_per_epoch": 8,
    "batch_bins": 40000,
}

ENCODER = Provenance("1" * 32, "utterance", "float32")


def write_alm_data(path: Path, width: int = ACOUSTIC_WIDTH, encoder: Provenance = ENCODER) -> None:
    """12 utterances of noise, with targets and acoustic tokens of a width, and one without targets."""
    rng = np.random.default_rng(0)
    tables: dict[str, dict[str, str]] = {name: {} for name in ("wav.scp", "utt2num_samples", *MODES)}
    tokens = {}
    for i in range(12):
        utt, emotion, length = f"utt{i:02d}", PAPER_EMOTIONS[i % 7], 4000 + 700 * i
        soundfile.write(path / f"{utt}.wav", rng.normal(scale=0.1, size=length), 16000)
        tables["wav.scp"][utt] = str(path / f"{utt}.wav")
        tables["utt2num_samples"][utt] = str(length)
        tables["explicit"][utt] = explicit_target(
            ("high", "low", "low"), text="It is seven.", emotion=emotion, language="en"
        )
        tables["implicit"][utt] = implicit_target(emotion, "en")
        tokens[utt] = rng.normal(size=(10, width)).astype(np.float32)
    unlabelled = path / "unlabelled.wav"
    soundfile.write(unlabelled, rng.normal(scale=0.1, size=4000), 16000)
    tables["wav.scp"]["utt99"], tables["utt2num_samples"]["utt99"] = str(unlabelled), "4000"
    tokens["utt99"] = tokens["utt00"]
    kaldiio.save_ark(str(path / "tokens.ark"), tokens, scp=str(path / "tokens.scp"))
    write_provenance(path / "tokens.scp", encoder)
    for name, table in tables.items():
        write_table(path / name, table)
    (path / "emotions").write_text("\n".join(PAPER_EMOTIONS) + "\n")


def command_line(data_dir: Path, exp: Path, *options: str, valid_dir: Path | None = None) -> list[str]:
    """A training by ``train.yaml`` in a data directory, which is also validated on unless there is another one."""
    command = [sys.executable, "-m", "c2ser.bin.alm_train", "--config", f"{data_dir}/train.yaml"]
    command += ["--output_dir", str(exp), "--emotions", f"{data_dir}/emotions", "--resume", "true", "--ngpu", "0"]
    kinds = {"wav.scp": "speech,audio", "tokens.scp": "acoustic,kaldi_ark"} | {mode: f"{mode},text" for mode in MODES}
    for part, folder in (("train", data_dir), ("valid", valid_dir or data_dir)):
        command += [f"--{part}_shape_file", f"{folder}/utt2num_samples"]
        for table, kind in kinds.items():
            command += [f"--{part}_data_path_and_name_and_type", f"{folder}/{table},{kind}"]
    return [*command, *options]


def logged_losses(log: Path) -> list[float]:
    """The losses of a training's batches."""
    return [float(loss) for loss in re.findall(r"epoch:train:\d.*?[ ,\d]loss=([\d.]+)", log.read_text())]
