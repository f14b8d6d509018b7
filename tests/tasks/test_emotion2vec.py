"""Pre-training of Emotion2Vec-S: batches, several processes, collapse, where it starts, and being killed."""

import os
import re
import resource
import shutil
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.emotion2vec_training import command_line, write_emotion2vec_data
from helpers.tiny_emotion2vec import CONFIG, PRETRAINING, padded, waveforms
from helpers.trainings import (
    Training,
    assert_same_weights,
    by_one_and_two_processes,
    launch,
    launch_python,
    listens_to,
    process_group,
    stop_at,
    whole_and_killed,
)

from c2ser.data.tables import read_table, write_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecEncoder
from c2ser.emotion2vec.losses import UNLABELLED, category_loss, gather_over_processes
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining
from c2ser.errors import InputError, TrainingError
from c2ser.tasks.batches import EmotionBatchSampler

BATCH_SAMPLES = 16000 * 30


@pytest.fixture(scope="module")
def corpus() -> tuple[dict[str, int], dict[str, str]]:
    """Lengths of 0.5 to 10 s; half are labelled, of which hardly any fearful."""
    rng = np.random.default_rng(0)
    lengths = {f"utt{i:04d}": int(16000 * np.exp(rng.uniform(np.log(0.5), np.log(10)))) for i in range(2000)}
    emotions = {utt: str(rng.choice(["neutral", "angry", "fearful"], p=[0.7, 0.28, 0.02])) for utt in lengths}
    return lengths, {utt: emotion for i, (utt, emotion) in enumerate(emotions.items()) if i % 2}


@pytest.mark.parametrize("seed", [0, 1, 17])
def test_every_utterance_comes_once_an_epoch_in_batches_that_fit(corpus, seed):
    lengths, emotions = corpus
    sampler = EmotionBatchSampler(lengths, emotions, batch_samples=BATCH_SAMPLES)
    batches = sampler.generate(seed)
    assert Counter(utt for batch in batches for utt in batch) == Counter(lengths.keys())
    assert len(batches) == len(sampler)
    for batch in batches:
        assert len(batch) * max(lengths[utt] for utt in batch) <= BATCH_SAMPLES
    padding = sum(len(batch) * max(lengths[utt] for utt in batch) for batch in batches) / sum(lengths.values())
    assert padding < 1.25


def test_rare_emotions_meet_their_like(corpus):
    lengths, emotions = corpus
    batches = EmotionBatchSampler(lengths, emotions, batch_samples=BATCH_SAMPLES).generate(3)
    lonely = Counter()
    for batch in batches:
        counts = Counter(emotions[utt] for utt in batch if utt in emotions)
        lonely.update(emotion for emotion, count in counts.items() if count == 1)
    fearful = sum(emotion == "fearful" for emotion in emotions.values())
    assert fearful > 10
    assert lonely["fearful"] <= 0.2 * fearful  # torn apart where a batch ends, or the odd one out
    by_length = sorted(lengths, key=lengths.get)  # what batches by length alone would do
    alone = Counter()
    for start in range(0, len(by_length), 10):
        counts = Counter(emotions[utt] for utt in by_length[start : start + 10] if utt in emotions)
        alone.update(emotion for emotion, count in counts.items() if count == 1)
    assert alone["fearful"] > 0.8 * fearful


def test_batches_are_drawn_anew_by_the_seed(corpus):
    sampler = EmotionBatchSampler(*corpus, batch_samples=BATCH_SAMPLES)
    assert sampler.generate(1) == sampler.generate(1)
    one, other = ({tuple(sorted(batch)) for batch in sampler.generate(seed)} for seed in (1, 2))
    assert len(one & other) < 0.2 * len(one)


def test_fewer_utterances_than_processes_are_refused():
    with pytest.raises(InputError, match="2 utterances cannot be shared by 3 processes"):
        EmotionBatchSampler({"a": 9, "b": 9}, {}, batch_samples=20, world_size=3)


def test_processes_share_a_batch(corpus):
    shares = [
        EmotionBatchSampler(*corpus, batch_samples=BATCH_SAMPLES, rank=rank, world_size=3).generate(5)
        for rank in range(3)
    ]
    whole = EmotionBatchSampler(*corpus, batch_samples=BATCH_SAMPLES).generate(5)
    assert sum(len(batch) for share in shares for batch in share) == sum(map(len, whole))
    assert all(share[i] for share in shares for i in range(len(shares[0])))  # no process without an utterance
    lengths = {f"utt{i}": 16000 * 20 for i in range(7)}  # one would fill a batch
    shares = [
        EmotionBatchSampler(lengths, {}, batch_samples=BATCH_SAMPLES, rank=rank, world_size=2).generate(0)
        for rank in range(2)
    ]
    assert all(batch for share in shares for batch in share)


def loss_and_gradient(rank: int, world_size: int, port: int, results) -> None:
    """What one of several processes with unequal shares of a batch makes of it, with DDP's average of gradients."""
    with process_group(rank, world_size, port):
        results[f"{world_size}-{rank}"] = of_share(rank, world_size)


def of_share(rank: int, world_size: int) -> tuple[float, np.ndarray]:
    torch.manual_seed(0)
    layer = torch.nn.Linear(6, 5).double()
    inputs, emotions = torch.randn(9, 6).double(), torch.tensor([0, 1, 0, 2, UNLABELLED, 1, 2, UNLABELLED, 0])
    share = slice(rank, None, world_size)
    model = torch.nn.parallel.DistributedDataParallel(layer) if world_size > 1 else layer
    loss = category_loss(*gather_over_processes(model(inputs[share]), emotions[share]), temperature=0.1)
    loss.backward()
    return loss.item(), layer.weight.grad.clone().numpy()


def test_category_loss_of_two_processes_is_that_of_one():
    results = by_one_and_two_processes(loss_and_gradient)
    whole_loss, whole_gradient = results["1-0"]
    assert whole_loss > 0.1
    for rank in range(2):
        loss, gradient = results[f"2-{rank}"]
        assert loss == pytest.approx(whole_loss, abs=1e-9)
        np.testing.assert_allclose(gradient, whole_gradient, atol=1e-9)


def test_training_stops_where_predictions_or_targets_collapse():
    speech, lengths = padded(waveforms(9600, 8000))
    emotions = torch.tensor([0, 1])
    for what in ("target", "prediction"):
        config = replace(PRETRAINING, watch_from_update=2, **{f"min_{what}_variance": 1e6})
        model = Emotion2VecPretraining(CONFIG, config).train()
        for _ in range(2):
            model(speech, lengths, emotions)
            model.update_teacher()
        with pytest.raises(TrainingError, match=f"update 2: collapse, the variance of the {what}s is .* below min"):
            model(speech, lengths, emotions)
        model.eval()(speech, lengths, emotions)


def test_layers_are_dropped_in_training_only():
    torch.manual_seed(0)
    encoder = Emotion2VecEncoder(replace(CONFIG, layerdrop=1.0))
    speech, lengths = padded(waveforms(9600))
    assert not encoder.train()(speech, lengths).feed_forward
    assert len(encoder.eval()(speech, lengths).feed_forward) == CONFIG.depth


# --- the command ---


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data")
    write_emotion2vec_data(path)
    return path


def training(data_dir: Path, exp: Path, *options: str) -> Training:
    return launch(command_line(data_dir, exp, *options), exp)


def test_a_training_that_was_interrupted_ends_with_the_same_weights(data_dir, tmp_path):
    """Of crops. Killed in its second epoch, of which every batch is saved; asked to stop, thrice; checkpoint torn."""
    crops = ("--crop_samples", "9000")

    def start(exp: Path, *options: str) -> Training:
        return training(data_dir, exp, *crops, *options)

    whole, killed = whole_and_killed(lambda exp: start(exp, "--save_minutes", "0"), tmp_path, r"2epoch:train:2-2batch")
    assert re.search(r"epoch 2 goes on after [1-9]\d* batches", (killed / "log").read_text())
    assert not (killed / "unfinished_epoch.pth").exists()

    stopped = tmp_path / "stopped"
    early = launch_python(command_line(data_dir, stopped, *crops), stopped)
    while not listens_to(signal.SIGUSR1, early.pid):
        time.sleep(0.01)
    assert "python" not in (stopped / "log").read_text()  # ESPnet's first words, when it is imported
    os.kill(early.pid, signal.SIGUSR1)
    assert early.wait() == 75
    assert "stopped by a signal after 1 of" in (stopped / "log").read_text()
    for epoch, sent, code in ((1, signal.SIGTERM, 143), (2, signal.SIGUSR1, 75)):
        assert stop_at(start(stopped), stopped, f"{epoch}epoch:train:2-2batch", sent) == code
        assert not (stopped / f"{epoch}epoch.pth").exists()
    assert start(stopped).wait() == 0, (stopped / "log").read_text()[-2000:]
    assert len(re.findall("stopped by a signal after", (stopped / "log").read_text())) == 3
    assert re.findall(r"epoch (\d) goes on after [1-9]\d* batches", (stopped / "log").read_text()) == ["1", "1", "2"]

    torn = tmp_path / "torn"
    shutil.copytree(whole, torn, symlinks=True)
    for name in ("3epoch.pth", "valid.loss.ave_3best.pth", "valid.loss.ave.pth"):
        (torn / name).unlink()
    content = bytearray((torn / "checkpoint.pth").read_bytes())
    content[len(content) // 2] ^= 1
    (torn / "checkpoint.pth").write_bytes(content)
    assert start(torn).wait() == 0, (torn / "log").read_text()[-2000:]
    assert "corrupt; training resumes from that of the previous epoch" in (torn / "log").read_text()

    for name in ("3epoch.pth", "valid.loss.ave_3best.pth"):
        for exp in (killed, stopped, torn):
            weights = assert_same_weights(name, whole, exp)
    assert int(weights["model.updates"]) > 0
    logged = [
        re.findall(r"3epoch results: \[train\].*?, loss=([\d.]+)", (exp / "log").read_text())
        for exp in (whole, stopped)
    ]
    assert logged[0] == logged[1] and len(logged[0]) == 1


def test_a_checkpoint_that_has_no_room(data_dir, tmp_path):
    exp = tmp_path / "exp"
    process = training(data_dir, exp)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (400_000, 400_000))  # fails in torch.save as a full disk does
    assert process.wait() == 1
    last = (exp / "log").read_text().splitlines()[-1]
    assert last == f"error: {exp}: a checkpoint cannot be written; is the disk full?"


def test_audio_that_is_gone_or_too_long_is_one_line(data_dir, tmp_path):
    shutil.copytree(data_dir, tmp_path / "data")
    wav = tmp_path / "data" / "utt07.wav"
    write_table(tmp_path / "data" / "wav.scp", {**read_table(data_dir / "wav.scp"), "utt07": wav})
    wav.unlink()
    process = training(tmp_path / "data", tmp_path / "gone")
    assert process.wait() == 1
    scp = tmp_path / "data" / "wav.scp"
    last = (tmp_path / "gone" / "log").read_text().splitlines()[-1]
    assert last == f"error: {scp}:8: 'utt07': {wav}: no such file; check the path"
    lengths = tmp_path / "data" / "utt2num_samples"
    write_table(lengths, {**read_table(lengths), "utt07": 300 * 16000})
    process = training(tmp_path / "data", tmp_path / "long")
    assert process.wait() == 1
    last = (tmp_path / "long" / "log").read_text().splitlines()[-1]
    assert last.startswith(f"error: {lengths}:8: 'utt07': 300 s long, and an utterance has at most 120 s")


def test_starts_from_an_encoder_that_is_given(data_dir, tmp_path):
    torch.manual_seed(3)
    Emotion2Vec(Emotion2VecEncoder(CONFIG)).save_pretrained(tmp_path / "encoder")
    given = Emotion2Vec.from_pretrained(tmp_path / "encoder").encoder.state_dict()
    options = ("--init_encoder", str(tmp_path / "encoder"), "--max_epoch", "1")
    still = ("--optim_conf", "lr=0.0", "--scheduler", "none", "--scheduler_conf", "{}")
    exp = tmp_path / "exp"
    assert training(data_dir, exp, *options, *still).wait() == 0, (exp / "log").read_text()[-2000:]
    weights = torch.load(exp / "1epoch.pth", weights_only=True)
    for name, weight in given.items():
        assert torch.equal(weights[f"model.student.{name}"], weight)
        assert f"model.teacher.{name}" not in weights or torch.equal(weights[f"model.teacher.{name}"], weight)

    other = tmp_path / "other"
    options = ("--init_encoder", str(tmp_path / "encoder"), "--encoder_conf", "depth=1")
    assert training(data_dir, other, *options).wait() == 1
    last = (other / "log").read_text().splitlines()[-1]
    assert last.startswith(f"error: {tmp_path}/encoder: weights do not fit") and "blocks" in last
