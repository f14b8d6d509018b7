"""The training of `recognizer.Recognizer`."""

import logging
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from examples import Batch, Example, load, phoneme_error_rates, plan_batches, prosody, read_examples
from recognizer import Recognizer, new_recognizer
from torch import Tensor
from tqdm import tqdm

from c2ser.data.batches import prefetch
from c2ser.data.files import atomic_write

logger = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
JITTER = 0.1  # of the lengths by which utterances are sorted, so that other ones meet in each epoch
CLIP = 1.0  # of the gradient's norm


class Training:
    """A model, what it learns from, and how far it is.

    Args:
        args: the options of train.py.
    """

    def __init__(self, args: Namespace):
        self.args = args
        examples = [example for folder in args.data_dir for example in read_examples(folder)]
        torch.manual_seed(args.seed)
        self.model = _initial_model(args.init, examples)
        self.numbers = {symbol: number for number, symbol in enumerate(self.model.inventory, 1)}
        known = [example for example in examples if set(example.phonemes) <= self.numbers.keys()]
        self.dev = known[:: args.dev_every]
        self.train = [example for index, example in enumerate(known) if index % args.dev_every]
        values = prosody(self.train)
        self.scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        self.plan = [batch for epoch in range(args.epochs) for batch in self._epoch(epoch)]
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=args.lr, weight_decay=1e-2, betas=(0.9, 0.98))
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=args.lr, total_steps=len(self.plan), pct_start=0.1
        )
        self.updates = 0

    def run(self) -> None:
        """Trains to the end, from the checkpoint where there is one."""
        self._resume()
        hours = sum(example.samples for example in self.train) / 16000 / 3600
        logger.info("%d utterances, %.1f h, %d phonemes", len(self.train), hours, len(self.numbers))
        progress = tqdm(self._batches(), total=len(self.plan), initial=self.updates, unit="update", mininterval=5)
        for batch in progress:
            losses = self._update(batch)
            if self.updates % 20 == 0:
                progress.set_postfix(ctc=f"{losses[0]:.3f}", prosody=f"{losses[1]:.3f}")
            if self.updates % self.args.save_every == 0 or self.updates == len(self.plan):
                self._save()
        (self.args.output_dir / CHECKPOINT).unlink()

    def _epoch(self, epoch: int) -> list[list[Example]]:
        rng = np.random.default_rng([self.args.seed, epoch])
        lengths = [example.samples * rng.uniform(1 - JITTER, 1 + JITTER) for example in self.train]
        planned = plan_batches(self.train, self.args.batch_seconds, lengths=lengths)
        return [planned[index] for index in rng.permutation(len(planned))]

    def _batches(self) -> Iterator[Batch]:
        return prefetch(load, self.plan[self.updates :])

    def _update(self, batch: Batch) -> tuple[float, float]:
        self.model.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=not self.args.float32):
            heard = self.model(batch.waveforms, batch.lengths)
        ctc = self._ctc(heard.log_probs, heard.frames, examples=batch.examples)
        error = self._prosody_error(heard.prosody, batch.examples)
        (ctc + self.args.prosody_weight * error).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.schedule.step()
        self.updates += 1
        return ctc.item(), error.item()

    def _ctc(self, log_probs: Tensor, frames: Tensor, *, examples: list[Example]) -> Tensor:
        targets = [[self.numbers[symbol] for symbol in example.phonemes] for example in examples]
        sizes = torch.tensor([len(target) for target in targets])
        flat = torch.tensor([symbol for target in targets for symbol in target])
        # Where speech is too fast for 50 frames a second, there is no path.
        return F.ctc_loss(log_probs.transpose(0, 1), flat, frames, sizes, zero_infinity=True)

    def _prosody_error(self, found: Tensor, examples: list[Example]) -> Tensor:
        mean, deviation = self.scale
        target = torch.from_numpy((prosody(examples) - mean) / deviation).float()
        defined = ~target.isnan()
        return F.mse_loss(found[defined], target[defined])

    def _save(self) -> None:
        self.args.output_dir.mkdir(parents=True, exist_ok=True)
        rates = phoneme_error_rates(self.model, self.dev)
        self.model.save(self.args.output_dir)
        with atomic_write(self.args.output_dir / CHECKPOINT, "wb") as file:
            torch.save({**self._parts(), "updates": self.updates}, file)
        logger.info("%d updates: dev PER %s", self.updates, {name: round(rate, 4) for name, rate in rates.items()})

    def _resume(self) -> None:
        path = self.args.output_dir / CHECKPOINT
        if not path.is_file():
            return
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.updates = state["updates"]
        logger.info("%s: goes on after %d updates", path, self.updates)

    def _parts(self) -> dict[str, dict]:
        named = {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule}
        return {name: part.state_dict() for name, part in named.items()}


def _initial_model(folder: Path | None, examples: Sequence[Example]) -> Recognizer:
    """A model of random weights for all phonemes that are spoken, or the one in a folder, which keeps its inventory."""
    if folder is not None:
        return Recognizer.load(folder)
    return new_recognizer(sorted({symbol for example in examples for symbol in example.phonemes}))
