"""Epochs of the trainer that were saved before they were over; whole trainings are in test_emotion2vec_training.py."""

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from espnet2.train.distributed_utils import DistributedOption
from espnet2.train.reporter import Reporter
from torch.utils.data import DataLoader

from c2ser.checkpoints.recovery import UNFINISHED_EPOCH, recover_checkpoint
from c2ser.signals import ignore_foreign_sigterm
from c2ser.tasks.emotion2vec import Emotion2VecTask
from c2ser.tasks.trainer import InterruptibleTrainer


class Line(torch.nn.Linear):
    """Fits a line; ``seen`` are the inputs that it was given."""

    def __init__(self):
        super().__init__(1, 1)
        self.seen = []

    def forward(self, x, utt_id):
        self.seen += x.flatten().tolist()
        loss = (super().forward(x) - 1).pow(2).mean()
        return loss, {"loss": loss.detach()}, torch.tensor(len(x))


def run_epoch(exp: Path, batches: int = 4, workers: int = 0, model: Line | None = None) -> tuple[Line, bool]:
    """Runs epoch 1, saved after each batch; returns the model and whether the trainer would end the training."""
    arguments = ["--output_dir", str(exp), "--emotions", "none", "--resume", "true", "--save_minutes", "0"]
    options = InterruptibleTrainer.build_options(Emotion2VecTask.get_parser().parse_args(arguments))
    torch.manual_seed(0)
    model = model or Line()
    loader = DataLoader(
        torch.arange(float(batches))[:, None],
        batch_sampler=[[number] for number in range(batches)],
        collate_fn=lambda rows: (["utt"], {"x": torch.stack(rows)}),
        num_workers=workers,
    )
    with Reporter(epoch=1).observe("train") as reporter:
        ends = InterruptibleTrainer.train_one_epoch(
            model=model,
            iterator=loader,
            optimizers=[torch.optim.SGD(model.parameters(), lr=0.1)],
            schedulers=[None],
            scaler=None,
            reporter=reporter,
            summary_writer=None,
            options=options,
            distributed_option=DistributedOption(),
        )
    return model, ends


@pytest.fixture
def left(tmp_path) -> Line:
    """What an epoch left that was killed in its validation: all of its batches are in the state saved."""
    model, ends = run_epoch(tmp_path)
    assert model.seen == [0, 1, 2, 3] and not ends
    return model


def test_an_epoch_without_batches_left_does_not_end_the_training(left, tmp_path):
    model, ends = run_epoch(tmp_path)
    assert model.seen == [] and not ends
    assert torch.equal(model.weight, left.weight)


def test_a_state_of_other_batches_is_not_gone_on_from(left, tmp_path, caplog):
    model, _ = run_epoch(tmp_path, batches=5)
    assert model.seen == [0, 1, 2, 3, 4]
    assert "saved of 4 batches in 1 processes, now there are 5 in 1" in caplog.text


@pytest.mark.parametrize("place", [0.01, 0.5, -0.01])
def test_a_state_that_is_corrupt_is_not_gone_on_from(left, tmp_path, caplog, place):
    path = tmp_path / UNFINISHED_EPOCH
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 0xFF
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        recover_checkpoint(tmp_path)
    assert "corrupt" in caplog.text and not path.exists()
    assert run_epoch(tmp_path)[0].seen == [0, 1, 2, 3]


class TerminatedLine(Line):
    """Of the first batch on, the processes that load data are sent SIGTERM, as by a scheduler that ends all."""

    def __init__(self):
        super().__init__()
        self.others = multiprocessing.active_children()  # of loaders that failed in other tests, until they are freed

    def loading(self) -> list[multiprocessing.Process]:
        return [process for process in multiprocessing.active_children() if process not in self.others]

    def forward(self, x, utt_id):
        if not self.seen:
            subprocess.run(["kill", *(str(process.pid) for process in self.loading())], check=True)
        return super().forward(x, utt_id)


def test_an_epoch_gets_its_batches_after_a_sigterm_to_all(tmp_path):
    model, _ = run_epoch(tmp_path, batches=9, workers=2, model=TerminatedLine())
    assert model.seen == list(range(9))
    assert model.loading() == []


def test_a_process_that_loads_data_is_ended_by_its_parent_alone():
    def work():
        ignore_foreign_sigterm()
        while True:
            theirs.send(theirs.recv())

    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    process = fork.Process(target=work)
    process.start()
    for message in range(3):
        ours.send(message)
        assert ours.poll(60) and ours.recv() == message
        subprocess.run(["kill", str(process.pid)], check=True)
    for _ in range(100):  # one signal alone may be lost: the system joins it to another that is still to be delivered
        process.terminate()
        process.join(0.1)
        if process.exitcode is not None:
            break
    assert process.exitcode == 0


def test_a_process_on_one_of_several_gpus_dies_with_the_training(tmp_path):
    program = """
import multiprocessing, time
from c2ser.signals import die_with_parent

def work():
    die_with_parent()
    print("works", flush=True)
    time.sleep(60)

multiprocessing.get_context("fork").Process(target=work).start()
"""
    training = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert training.stdout.readline() == "works\n"
    training.kill()
    assert training.communicate(timeout=180)[0] == ""  # the end of the pipe, which the other process held open too


SEVERAL_GPUS = """
import os, signal, sys, time
from argparse import Namespace
import torch.multiprocessing
from c2ser import signals
from c2ser.errors import InputError
from c2ser.tasks.task import AbsTask, InterruptibleTask

def stop(_, args):
    signals.listen(signal.SIGUSR1, signal.SIGTERM)
    os.write(1, b"listens\\n")  # whole, although another process writes there, too
    while signals.received is None:
        time.sleep(0.01)
    time.sleep(1)
    os.write(1, b"saved\\n")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(75 if signals.received is signal.SIGUSR1 else 143)

def fail(_, args):
    raise InputError("x.yaml: not good")

def start(rank, worker):
    AbsTask.main_worker = classmethod(worker)
    InterruptibleTask.main_worker(Namespace(cpu_threads=None))

if __name__ == "__main__":
    signals.listen(signal.SIGUSR1)
    AbsTask.main = lambda *_: torch.multiprocessing.spawn(start, nprocs=2, args=(globals()[sys.argv[1]],))
    options = {"multiprocessing_distributed": False, "dist_world_size": None, "dist_launcher": None, "num_workers": 1}
    InterruptibleTask.main(Namespace(ngpu=2, collect_stats=False, **options))
"""


def on_several_gpus(tmp_path: Path, worker: str) -> subprocess.Popen:
    """ESPnet's own start of processes needs GPUs; torch.multiprocessing does what it does."""
    program = tmp_path / "training.py"
    program.write_text(SEVERAL_GPUS)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, str(program), worker], text=True, start_new_session=True, **pipes)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGUSR1, 75), (signal.SIGTERM, 143)])
def test_a_training_on_several_gpus_waits_for_its_processes_and_ends_like_them(tmp_path, sent, code):
    training = on_several_gpus(tmp_path, "stop")
    listening = (line for line in training.stdout if line == "listens\n")  # ESPnet says what it lacks, too
    assert next(listening) == next(listening)
    os.killpg(training.pid, sent)
    assert training.communicate(timeout=300)[0].splitlines() == ["saved"] * 2
    assert training.returncode == code


def test_an_error_on_several_gpus_is_no_traceback(tmp_path):
    training = on_several_gpus(tmp_path, "fail")
    errors = training.communicate(timeout=300)[1]
    assert training.returncode == 1
    assert "error: x.yaml: not good\n" in errors and "Traceback" not in errors
