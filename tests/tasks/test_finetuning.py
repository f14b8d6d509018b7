"""Fine-tuning an encoder with a head: it learns, is chosen by UA, survives a kill, and its answers are scored."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from helpers.tiny_encoders import save_encoder
from helpers.trainings import assert_same_weights, launch, whole_and_killed
from sklearn.metrics import f1_score, recall_score

from c2ser.bin import recognize, score
from c2ser.data.scores import read_scores
from c2ser.data.tables import read_table, write_table
from c2ser.finetuning import SpeechClassifier
from c2ser.tasks.finetuning import class_weights, confusion_figures

EMOTIONS = ["angry", "happy", "sad"]
PITCHES = {"angry": 1500, "happy": 400, "sad": 100}


def write_data(folder: Path, number: int, *, seed: int) -> Path:
    """Tones in noise, as high as their emotion; every eighth utterance has no label."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    utts = [f"utt{i:02d}" for i in range(number)]
    emotions = {utt: EMOTIONS[i % 3] for i, utt in enumerate(utts)}
    lengths = {utt: int(rng.integers(4000, 12000)) for utt in utts}
    for utt in utts:
        times = np.arange(lengths[utt]) / 16000
        tone = np.sin(2 * np.pi * PITCHES[emotions[utt]] * rng.uniform(0.9, 1.1) * times)
        wave = 0.3 * tone + 0.02 * rng.normal(size=len(times))
        soundfile.write(folder / f"{utt}.wav", wave, 16000)
    write_table(folder / "wav.scp", {utt: str(folder / f"{utt}.wav") for utt in utts})
    write_table(folder / "utt2spk", dict.fromkeys(utts, "one"))
    write_table(folder / "utt2num_samples", {utt: str(samples) for utt, samples in lengths.items()})
    write_table(folder / "utt2emo", {utt: emotion for i, (utt, emotion) in enumerate(emotions.items()) if i % 8 != 7})
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("data")
    for name, number, seed in (("train", 32, 0), ("dev", 24, 1)):
        write_data(root / name, number, seed=seed)
    (root / "emotions").write_text("\n".join(EMOTIONS) + "\n")
    save_encoder("wavlm_layer", root / "encoder")
    config = {
        "frozen": "nothing",
        "pooling": "mean_std",
        "layers": "weighted",
        "encoder_conf": {"mask_time_prob": 0.02},
        "optim": "adamw",
        "optim_conf": {"lr": 3e-3, "weight_decay": 1e-2},
        "head_factor": 3.0,
        "layer_decay": 0.9,
        "scheduler": "onecyclelr",
        "scheduler_conf": {"max_lr": 3e-3, "total_steps": 60},
        "max_epoch": 5,
        "num_iters_per_epoch": 12,
        "accum_grad": 1,
        "batch_type": "numel",
        "batch_bins": 60000,
        "num_workers": 1,
        "log_interval": 1,
        "best_model_criterion": [["valid", "ua", "max"]],
        "keep_nbest_models": 1,
        "use_matplotlib": False,
        "use_tensorboard": False,
        "num_att_plot": 0,
    }
    (root / "finetuning.yaml").write_text(yaml.safe_dump(config))
    return root


def command_line(data: Path, exp: Path, *options: str) -> list[str]:
    command = f"""{sys.executable} -m c2ser.bin.finetune --config {data}/finetuning.yaml --encoder {data}/encoder
        --emotions {data}/emotions --train_dir {data}/train --valid_dir {data}/dev --output_dir {exp}
        --resume true --ngpu 0 --seed 3"""
    return [*command.split(), *options]


@pytest.fixture(scope="module")
def experiments(data) -> tuple[Path, Path]:
    return whole_and_killed(lambda exp: launch(command_line(data, exp), exp), data, r"2epoch:train:7-7batch")


def test_a_killed_training_ends_with_the_same_weights(experiments):
    assert_same_weights("valid.ua.ave.pth", *experiments)


def test_it_learns_and_its_answers_are_scored(experiments, data, tmp_path):
    test = write_data(tmp_path / "test", 24, seed=2)
    output = tmp_path / "exp" / "tiny" / "inference_finetuned" / "test"
    options = ["--data_dir", str(test), "--output_dir", str(output)]
    recognize.main(["--system", "classifier", "--model", str(experiments[0]), *options])
    score.main(
        ["--ref", str(test / "utt2emo"), "--hyp", str(output / "utt2emo"), "--output_dir", str(output / "score")]
    )
    assert json.loads((output / "score" / "result.json").read_text())["ua"] > 0.8
    probabilities = dict(read_scores(output / "utt2scores", EMOTIONS))
    found = read_table(output / "utt2emo")
    assert {utt: max(own, key=own.get) for utt, own in probabilities.items()} == found
    assert len(found) == 24 and read_table(output / "text") == found


def test_the_figures_in_the_log_are_those_of_the_model_that_is_kept(experiments, data):
    model = SpeechClassifier.from_pretrained(experiments[0])
    labels = read_table(data / "dev" / "utt2emo")
    waves = [soundfile.read(data / "dev" / f"{utt}.wav", dtype="float32")[0] for utt in labels]
    found = [max(own, key=own.get) for own in model.probabilities(waves)]
    expected = recall_score(list(labels.values()), found, average="macro")
    checkpoint = torch.load(experiments[0] / "checkpoint.pth", weights_only=False)
    best = max(epoch["valid"]["ua"] for epoch in checkpoint["reporter"]["stats"].values())
    assert best == pytest.approx(expected)


def test_an_experiment_can_be_saved_without_its_training(experiments, tmp_path):
    model = SpeechClassifier.from_pretrained(experiments[0])
    model.save_pretrained(tmp_path / "saved")
    again = SpeechClassifier.from_pretrained(tmp_path / "saved")
    assert again.fingerprint() == model.fingerprint() and again.emotions == tuple(EMOTIONS)


def test_unlabelled_utterances_are_left_out(experiments):
    assert "left out 4 of 32 utterances, which have no targets" in (experiments[0] / "log").read_text()


def test_learning_from_votes_leads_to_their_distribution(data, tmp_path):
    for part in ("train", "dev"):
        write_table(tmp_path / part, dict.fromkeys(read_table(data / part / "utt2emo"), "angry:3 sad:1"))
    tables = ["--train_utt2votes", str(tmp_path / "train"), "--valid_utt2votes", str(tmp_path / "dev")]
    options = ["--targets", "votes", "--class_weights", "false", "--max_epoch", "3", "--frozen", "encoder", *tables]
    options += ["--head_factor", "10"]
    exp = tmp_path / "exp"
    process = launch(command_line(data, exp, *options), exp)
    assert process.wait() == 0, (exp / "log").read_text()[-2000:]
    model = SpeechClassifier.from_pretrained(exp)
    wave, _ = soundfile.read(data / "train" / "utt00.wav", dtype="float32")
    (found,) = model.probabilities([wave])
    assert found["angry"] == pytest.approx(0.75, abs=0.12) and found["sad"] == pytest.approx(0.25, abs=0.12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--emotions", "{folder}/two"], "utt2emo:3: 'utt02': 'sad' is not in the label set, angry, happy"),
        (["--encoder", "{folder}/nothing"], "no such folder; give a hub id or a folder"),
        (["--targets", "votes"], "utt2votes: no votes for the label set; train on labels"),
        (["--optim_conf", "lr=high"], "optim_conf.lr: expected a number, not the text 'high'"),
        (["--frozen", "half"], "frozen: 'half' is not nothing"),
        (["--encoder_conf", "layerdrop=0.1"], "layerdrop cannot be had with layers weighted"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(options, message, data, tmp_path):
    (tmp_path / "two").write_text("angry\nhappy\n")
    options = [word.format(folder=tmp_path) for word in options]
    exp = tmp_path / "exp"
    process = launch(command_line(data, exp, *options), exp)
    assert process.wait() == 1
    assert message in (exp / "log").read_text().splitlines()[-1]


def test_figures_are_scikit_learns():
    rng = np.random.default_rng(0)
    labels, found = rng.integers(0, 3, 50), rng.integers(0, 4, 50)
    confusion = torch.zeros(4, 4)
    for row, column in zip(labels, found, strict=True):
        confusion[row, column] += 1
    figures = confusion_figures(confusion)
    assert figures["ua"] == pytest.approx(recall_score(labels, found, labels=[0, 1, 2], average="macro"))
    assert figures["macro_f1"] == pytest.approx(f1_score(labels, found, labels=[0, 1, 2], average="macro"))
    assert figures["wa"] == pytest.approx((labels == found).mean())


def test_class_weights_are_one_in_the_mean_and_leave_out_the_unlabelled(tmp_path):
    write_table(tmp_path / "utt2emo", {"a": "sad", "b": "sad", "c": "sad", "d": "angry", "e": "angry"})
    write_table(tmp_path / "shapes", dict.fromkeys("abcd", "16000"))
    weights = class_weights(tmp_path / "utt2emo", tmp_path / "shapes", emotions=EMOTIONS)
    assert weights.tolist() == pytest.approx([2, 0, 2 / 3])
    assert (weights[0] + 3 * weights[2]) / 4 == pytest.approx(1)
