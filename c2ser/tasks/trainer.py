"""ESPnet's trainer, which can also stop and go on within an epoch, and falls back from a checkpoint that is corrupt."""

import argparse
import logging
import multiprocessing
import os
import random
import re
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch
from espnet2.train.reporter import SubReporter, to_reported_value
from espnet2.train.trainer import Trainer, TrainerOptions
from espnet2.utils.build_dataclass import build_dataclass
from torch.utils.data import DataLoader

from c2ser import signals
from c2ser.checkpoints.recovery import CHECKPOINT, PREVIOUS_CHECKPOINT, UNFINISHED_EPOCH, recover_checkpoint
from c2ser.data.files import atomic_write
from c2ser.errors import StorageError
from c2ser.tasks.resumption import check_resumable, load_plain

logger = logging.getLogger(__name__)

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h; the launchers put a job that ends with it back into the queue
SAVE, STOP = 1, 2  # what all processes of a training agree on after an update


@dataclass
class InterruptibleOptions(TrainerOptions):
    """ESPnet's options and ``save_minutes``."""

    save_minutes: float


class InterruptibleTrainer(Trainer):
    """Saves its state within an epoch every ``save_minutes``, and when SIGUSR1 or SIGTERM asks it to stop.

    It then exits with code 75 or, after SIGTERM, 143; SIGTERM during validation terminates it immediately. A restarted
    training continues after the last saved update with the same batches and random numbers, so that it ends with the
    same weights. The previous epoch's checkpoint is kept in case writing the last one is interrupted.
    """

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--save_minutes",
            type=float,
            default=30.0,
            help="interval at which the state within an epoch is saved",
        )

    @classmethod
    def build_options(cls, args: argparse.Namespace) -> InterruptibleOptions:
        return build_dataclass(InterruptibleOptions, args)

    @classmethod
    def run(cls, trainer_options: InterruptibleOptions, distributed_option, **parts) -> None:
        if trainer_options.resume and distributed_option.dist_rank in (None, 0):
            recover_checkpoint(trainer_options.output_dir)
        if distributed_option.distributed:
            torch.distributed.barrier()
        if trainer_options.resume:
            check_resumable(Path(trainer_options.output_dir) / CHECKPOINT)  # in each process: all end alike
        if multiprocessing.parent_process() is not None:  # one of several GPUs
            signals.die_with_parent()
        signals.listen(signal.SIGUSR1, signal.SIGTERM)
        with _named_storage_errors(trainer_options.output_dir), warnings.catch_warnings():
            # ESPnet 202511 calls these by their names in older releases of PyTorch.
            warnings.filterwarnings("ignore", r"`torch\.cuda\.amp\.(autocast|GradScaler)", FutureWarning)
            super().run(trainer_options=trainer_options, distributed_option=distributed_option, **parts)
        if distributed_option.distributed:
            torch.distributed.barrier()  # the first process still writes; srun may end it when the others have ended
        if distributed_option.dist_rank in (None, 0):
            (Path(trainer_options.output_dir) / UNFINISHED_EPOCH).unlink(missing_ok=True)

    @classmethod
    def train_one_epoch(cls, model, iterator, optimizers, schedulers, scaler, reporter, options, **others) -> bool:
        parts = {"model": getattr(model, "module", model), "scaler": scaler}
        for name, objects in (("optimizer", optimizers), ("scheduler", schedulers)):
            parts |= {f"{name}{number}": part for number, part in enumerate(objects)}
        parts = {name: part for name, part in parts.items() if part is not None}
        epoch = _Epoch(iterator, parts, reporter=reporter, options=options)
        no_update = super().train_one_epoch(
            model=model,
            iterator=epoch,
            optimizers=optimizers,
            schedulers=schedulers,
            scaler=scaler,
            reporter=reporter,
            options=options,
            **others,
        )
        options.resume = False  # only the first epoch can be unfinished
        return no_update and not epoch.resumed  # what was done before counts; ESPnet ends a training without updates

    @classmethod
    def validate_one_epoch(cls, options, distributed_option, **others) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # there is nothing to save
        super().validate_one_epoch(options=options, distributed_option=distributed_option, **others)
        signals.listen(signal.SIGTERM)
        checkpoint = Path(options.output_dir) / CHECKPOINT
        if distributed_option.dist_rank in (None, 0) and checkpoint.exists():
            os.replace(checkpoint, checkpoint.with_name(PREVIOUS_CHECKPOINT))  # ESPnet writes the new one next


@contextmanager
def _named_storage_errors(folder: str) -> Iterator[None]:
    """Turns torch.save's error for a full disk, which does not name the disk, into one that does."""
    try:
        yield
    except RuntimeError as error:
        if type(error) is RuntimeError and re.search("PytorchStreamWriter|unexpected pos", str(error)):
            raise StorageError(f"{folder}: a checkpoint cannot be written; is the disk full?") from error
        raise


class _Epoch:
    """The remaining batches of an epoch; saves between updates the state needed to resume there."""

    def __init__(self, loader, parts: dict, *, reporter: SubReporter, options: InterruptibleOptions):
        self.loader, self.parts, self.reporter, self.options = loader, parts, reporter, options
        self.path = Path(options.output_dir) / UNFINISHED_EPOCH
        self.length = len(loader)
        self.done = 0
        self.resumed = False

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator:
        generators = self._resume() if self.options.resume and self.path.exists() else None
        # A SIGTERM to all processes spares those that load data: without batches there is no next update to save after.
        self.loader.worker_init_fn = partial(_init_worker, self.loader.worker_init_fn)
        with signals.hold_sigterm():
            batches = iter(self.loader)  # draws a random number
        if generators is not None:
            _set_generators(generators)
        begin, saved = self.done, time.monotonic()
        while True:
            if self.done % self.options.accum_grad == 0:
                order = self._agree(self.done > begin, time.monotonic() - saved)
                if order and self.done > begin:
                    self._save()
                    saved = time.monotonic()
                if order == STOP:
                    self._stop()
            batch = next(batches, None)
            if batch is None:
                return
            yield batch
            self.done += 1

    def _stop(self) -> NoReturn:
        """Ends the process, all of a training together."""
        if torch.distributed.is_initialized():
            # srun sends SIGTERM to all processes when the first has ended: each waits until all is saved, and lets no
            # signal change its exit code from here on, where Python takes its handlers back before it ends.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            torch.distributed.barrier()
        logger.warning(
            "stopped by a signal after %d of %d batches of epoch %d; the same command goes on from there",
            self.done,
            self.length,
            self.reporter.get_epoch(),
        )
        ended = signals.received is signal.SIGTERM  # by somebody who does not want it to go on by itself
        sys.exit(128 + signal.SIGTERM if ended else TRY_AGAIN)

    def _agree(self, progress: bool, seconds: float) -> int:
        """What to do now: the strongest wish of all processes.

        Without ``progress``, an update since the start, only SIGTERM stops: where the time that Slurm gives a job is
        shorter than that from SIGUSR1 to its end, the training would be put back into the queue for ever.
        """
        stop = signals.received is signal.SIGTERM or (signals.received is not None and progress)
        wish = STOP if stop else SAVE if seconds > 60 * self.options.save_minutes else 0
        if not torch.distributed.is_initialized():
            return wish
        strongest = torch.tensor(wish, device="cuda" if self.options.ngpu > 0 else "cpu")
        torch.distributed.all_reduce(strongest, torch.distributed.ReduceOp.MAX)
        return int(strongest)

    def _save(self) -> None:
        generators = [_generators()]
        if torch.distributed.is_initialized():
            generators = [None] * torch.distributed.get_world_size()
            torch.distributed.all_gather_object(generators, _generators())
            if torch.distributed.get_rank() != 0:
                return
        stats = {
            key: [(report.value, getattr(report, "weight", None)) for report in reports]
            for key, reports in self.reporter.stats.items()
        }
        state = {
            "epoch": self.reporter.get_epoch(),
            "batches": self.done,
            "length": self.length,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "stats": stats,
            "generators": generators,
        }
        with atomic_write(self.path, "wb") as file:
            torch.save(state, file)

    def _resume(self) -> dict | None:
        """Takes up what was saved of this epoch; returns this process's random number generators.

        None where another epoch was saved, or one of other batches or another number of processes.
        """
        state = load_plain(self.path)
        rank, processes = 0, 1
        if torch.distributed.is_initialized():
            rank, processes = torch.distributed.get_rank(), torch.distributed.get_world_size()
        if state["epoch"] != self.reporter.get_epoch():
            return None
        if (state["length"], len(state["generators"])) != (self.length, processes):
            logger.warning(
                "%s: saved of %d batches in %d processes, now there are %d in %d; epoch %d starts from its first batch",
                *(self.path, state["length"], len(state["generators"]), self.length, processes, state["epoch"]),
            )
            return None
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])
        self.done, self.resumed = state["batches"], True
        self._restore_stats(state["stats"])
        _leave_out(self.loader, self.done)
        logger.info("epoch %d goes on after %d batches, from %s", state["epoch"], self.done, self.path)
        return state["generators"][rank]

    def _restore_stats(self, stats: dict) -> None:
        for key, reports in stats.items():
            self.reporter.stats[key] = [to_reported_value(value, weight) for value, weight in reports]
        self.reporter.count = self.done
        self.reporter.total_count += self.done


def _init_worker(init: Callable[[int], None] | None, worker: int) -> None:
    signals.ignore_foreign_sigterm()
    if init is not None:
        init(worker)


def _leave_out(loader: DataLoader, batches: int) -> None:
    """Takes the first batches off; ESPnet gives each epoch a loader with a list of its own."""
    del loader.batch_sampler[:batches]


def _generators() -> dict:
    """States of the random number generators, of types that are safe to load."""
    name, keys, *rest = np.random.get_state()
    return {
        "torch": torch.get_rng_state(),
        "cuda": [torch.cuda.get_rng_state()] if torch.cuda.is_initialized() else [],  # of this process's GPU
        "numpy": [name, torch.from_numpy(keys.astype(np.int64)), *rest],
        "python": random.getstate(),
    }


def _set_generators(states: dict) -> None:
    torch.set_rng_state(states["torch"])
    for state in states["cuda"]:
        torch.cuda.set_rng_state(state)
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
