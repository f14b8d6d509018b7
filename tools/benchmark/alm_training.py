#!/usr/bin/env python3
"""Updates of the audio language model's training: alm_train beside transformers' Trainer, same model, same batches.

Usage: tools/benchmark/alm_training.py --train_dir DUMP/train --emotions DATA/emotions --llm EXP/llm_small \
           --whisper WHISPER --config egs/TEMPLATE/conf/small/alm.yaml

The trainings take turns, each in a process of its own. Seconds and CPU time, that of the processes that read included,
are from one optimizer step to another, start-up left out; the states of Whisper that alm_train keeps fill up meanwhile.
Ratios are of CPU time, which other programs on the machine disturb little, with one thread.
"""

import multiprocessing
import os
import re
import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from c2ser.cli import command, positive_int

Measured = tuple[float, float, int]  # wall-clock and CPU seconds of an update, bytes of memory at most
AS_IN_A_PLAIN_TRAINER = ["--cpu_bfloat16", "false", "--states_cache", "0"]


def train_here(options: list[str], _: bool) -> None:
    """alm_train, as a recipe starts it."""
    from c2ser.bin.alm_train import main

    main(options)


def train_by_transformers(options: list[str], bfloat16: bool) -> None:
    """transformers' Trainer on what alm_train would train, with its batches."""
    from transformers import Trainer, TrainingArguments

    from c2ser.tasks.alm import ALMTask

    args = ALMTask.get_parser().parse_args(options)
    args.num_workers, args.ngpu = 1, 0
    ALMTask.check_required_command_args(args)
    ALMTask.prepare(args)
    model = ForTrainer(ALMTask.build_model(args))
    loader = batches(args)
    settings = TrainingArguments(
        output_dir=args.output_dir,
        max_steps=args.num_iters_per_epoch,
        learning_rate=args.optim_conf["lr"],
        weight_decay=args.optim_conf["weight_decay"],
        max_grad_norm=args.grad_clip,
        bf16=bfloat16,
        use_cpu=True,
        save_strategy="no",
        report_to=[],
        remove_unused_columns=False,
        logging_steps=50,
        disable_tqdm=True,
    )

    class WithBatches(Trainer):
        def get_train_dataloader(self):
            return loader

    WithBatches(model, settings, train_dataset=loader.dataset).train()


class ForTrainer(torch.nn.Module):
    """What transformers' Trainer asks of a model: keywords in, a mapping with the loss out."""

    def __init__(self, model: torch.nn.Module):
        super().__init__()
        self.model = model

    def forward(self, utt_id: list[str], **batch: torch.Tensor) -> dict[str, torch.Tensor]:
        loss, _, _ = self.model(**batch)
        return {"loss": loss.squeeze(0)}


def batches(args: Namespace):
    """The loader of the first epoch of alm_train, with what it collates as mappings."""
    from espnet2.train.distributed_utils import DistributedOption

    from c2ser.tasks.alm import ALMTask

    loader = ALMTask.build_iter_factory(args, DistributedOption(), mode="train").build_iter(1)
    loader.collate_fn = partial(as_keywords, loader.collate_fn)
    return loader


def as_keywords(collate: Callable, items: list) -> dict:
    """A batch of ESPnet's, ids and tensors, as keywords of `ForTrainer`."""
    utts, tensors = collate(items)
    return {"utt_id": utts, **tensors}


def watch(train: Callable, options: list[str], bfloat16: bool, updates: int, results: Connection) -> None:
    """Trains until so many updates are measured, after the first, which is not, and ends the process."""
    torch.set_num_threads(1)
    moments: list[tuple[float, float]] = []

    def note(*_: object) -> None:
        moments.append((time.perf_counter(), cpu_seconds()))
        if len(moments) > updates:
            spent = [(end - begin) / updates for begin, end in zip(moments[0], moments[-1], strict=True)]
            results.send((*spent, peak_memory()))
            raise SystemExit

    register_optimizer_step_post_hook(note)
    train(options, bfloat16)


def cpu_seconds() -> float:
    """CPU time of this process and those that it has started and that run."""
    process = psutil.Process()
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def peak_memory() -> int:
    """Bytes that this process had in memory at most, without its readers."""
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) * 1024


def measure(train: Callable, options: list[str], *, bfloat16: bool, updates: int, log: Path) -> Measured:
    """Runs a training in a process of its own, with what it prints in a log."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=logged, args=(log, watch, train, options, bfloat16, updates, there))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        raise SystemExit(f"a training ended without {updates} updates:\n{log.read_text()[-3000:]}") from None
    finally:
        process.join()


def logged(log: Path, action: Callable, *arguments: object) -> None:
    """Does something with its output in a file."""
    with open(log, "w") as file:
        for output in (1, 2):
            os.dup2(file.fileno(), output)
    action(*arguments)


def systems(args: Namespace, folder: Path) -> dict[str, Callable[[], Measured]]:
    """What is measured, by its name."""
    options = ["--config", str(args.config), "--train_dir", str(args.train_dir), "--valid_dir", str(args.train_dir)]
    options += ["--emotions", str(args.emotions), "--whisper", args.whisper, "--llm", args.llm, "--ngpu", "0"]
    # One epoch, as long as what is measured: batches are those of the first epoch, one after another.
    options += ["--keep_nbest_models", "1"]
    options += ["--max_epoch", "1", "--num_iters_per_epoch", str(args.updates + 1), "--min_passes", "0"]
    options += ["--accum_grad", "1", "--use_tensorboard", "false", "--use_matplotlib", "false", "--num_workers", "1"]
    run = partial(measure, updates=args.updates, log=folder / "log")
    number = iter(range(1_000_000))

    def one(train: Callable, more: list[str], *, bfloat16: bool = False) -> Callable[[], Measured]:
        return lambda: run(train, [*options, *more, "--output_dir", str(folder / str(next(number)))], bfloat16=bfloat16)

    slow = AS_IN_A_PLAIN_TRAINER
    return {
        "transformers' Trainer, float32": one(train_by_transformers, slow),
        "transformers' Trainer, bfloat16": one(train_by_transformers, slow, bfloat16=True),
        "alm_train, float32, no states kept": one(train_here, slow),
        "alm_train, bfloat16, no states kept": one(train_here, ["--cpu_bfloat16", "true", "--states_cache", "0"]),
        "alm_train as configured": one(train_here, []),
    }


def run(args: Namespace) -> None:
    with TemporaryDirectory() as folder:
        chosen = systems(args, Path(folder))
        rounds = [{name: one() for name, one in chosen.items()} for _ in range(args.rounds)]
    print(f"{args.updates} updates each, {args.rounds} times in turn, one thread, PyTorch {torch.__version__}")
    print(f"\n{'':38}{'s':>8}{'CPU s':>8}{'updates / CPU s':>17}{'x float32':>11}{'x bfloat16':>11}{'memory':>10}")
    for name in chosen:
        seconds, spent, peak = (statistics.median(column) for column in zip(*(each[name] for each in rounds)))
        plain = list(chosen)[:2]
        ratios = (statistics.median(each[one][1] / each[name][1] for each in rounds) for one in plain)
        print(f"{name:38}{seconds:8.3f}{spent:8.3f}{1 / spent:17.2f}", end="")
        print("".join(f"{ratio:11.2f}" for ratio in ratios) + f"{peak / 2**30:7.2f} GiB")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--config", required=True, type=Path, help="YAML of alm_train")
    parser.add_argument("--train_dir", required=True, type=Path, help="data directory with targets and features")
    parser.add_argument("--emotions", required=True, type=Path, help="the label set")
    parser.add_argument("--whisper", required=True, help="hub id or folder")
    parser.add_argument("--llm", required=True, help="the same of the language model")
    parser.add_argument("--updates", type=positive_int, default=72, help="that are measured, after one that is not")
    parser.add_argument("--rounds", type=positive_int, default=3, help="of all trainings, in turn")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
