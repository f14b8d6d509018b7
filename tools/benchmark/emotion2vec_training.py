#!/usr/bin/env python3
"""Pre-training of Emotion2Vec-S: seconds an update, where they go, and what encoding only unmasked frames saves.

Usage: tools/benchmark/emotion2vec_training.py --audio_dir EMODB/wav

One update is forward, backward, Adam and the teacher's step on a batch read from disk, at the base size with the
paper's settings, but for the clones: the paper's eight take more memory than small machines have. "All frames" is the
same student that encodes masked frames too, as zeros. Each runs in a process of its own; medians over the updates.
"""

import argparse
import multiprocessing
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.emotion2vec.encoder import Emotion2VecConfig
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining, PretrainingConfig

PHASES = ("data", "convolutions", "teacher", "student", "losses", "backward", "optimizer")


class Stopwatch:
    """Seconds of each phase of an update."""

    def __init__(self):
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        synchronize()
        start = time.perf_counter()
        yield
        synchronize()
        self.seconds[name] += time.perf_counter() - start

    def watch(self, owner: object, method: str, name: str) -> None:
        """Counts the time of a method as that of a phase."""
        original = getattr(owner, method)

        def timed(*args):
            with self.phase(name):
                return original(*args)

        setattr(owner, method, timed)


class AllFrames(Emotion2VecPretraining):
    """The student encodes every frame, those that are masked as zeros."""

    def student_outputs(self, features: Tensor, valid: Tensor, masked: Tensor) -> tuple[Tensor, Tensor]:
        return super().student_outputs(features * ~masked.unsqueeze(2), valid, torch.zeros_like(masked))


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    print(f"{args.batch_seconds} s of audio a batch, {args.clones} clones, {args.dtype}, {args.threads} threads")
    context = multiprocessing.get_context("spawn")
    results = {}
    for name, model in (("unmasked frames", Emotion2VecPretraining), ("all frames", AllFrames)):
        with context.Pool(1) as pool:
            results[name] = pool.apply(measure, (model, args))
    print(f"\n{'student encodes':18}{'s an update':>12}{'peak memory':>14}" + "".join(f"{p:>14}" for p in PHASES))
    for name, (updates, peak) in results.items():
        total = statistics.median(sum(update.values()) for update in updates)
        shares = [statistics.median(update[phase] / sum(update.values()) for update in updates) for phase in PHASES]
        print(f"{name:18}{total:12.2f}{peak / 1e9:11.2f} GB" + "".join(f"{share:14.0%}" for share in shares))
    few, many = (statistics.median(sum(u.values()) for u in updates) for updates, _ in results.values())
    print(f"encoding unmasked frames only: {many / few:.2f} times as fast")


def measure(model_class: type[Emotion2VecPretraining], args: argparse.Namespace) -> tuple[list[dict], int]:
    """Returns the seconds of each phase of each update, without the first, and the peak memory in bytes."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    device = "cuda" if args.ngpu else "cpu"
    model = model_class(Emotion2VecConfig(), PretrainingConfig(clones=args.clones)).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    stopwatch = Stopwatch()
    stopwatch.watch(model.student, "features", "convolutions")
    stopwatch.watch(model, "targets", "teacher")
    stopwatch.watch(model, "student_outputs", "student")
    batches = read_batches(args)
    updates = []
    for _ in range(args.updates + 1):
        stopwatch.seconds.clear()
        with stopwatch.phase("data"):
            speech, lengths, emotions = (tensor.to(device) for tensor in next(batches))
        with stopwatch.phase("forward"), torch.autocast(device, torch.bfloat16, enabled=args.dtype == "bfloat16"):
            loss = model(speech, lengths, emotions)["loss"]
        seconds = stopwatch.seconds
        seconds["losses"] = seconds.pop("forward") - sum(seconds[p] for p in ("convolutions", "teacher", "student"))
        with stopwatch.phase("backward"):
            loss.backward()
        with stopwatch.phase("optimizer"):
            optimizer.step()
            optimizer.zero_grad()
            model.update_teacher()
        updates.append(dict(seconds))
    if args.ngpu:
        return updates[1:], torch.cuda.max_memory_allocated()
    return updates[1:], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def read_batches(args: argparse.Namespace) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yields waveforms, their lengths and one of seven emotions each, read anew from disk."""
    files = cycle(sorted(args.audio_dir.glob("**/*.wav")))
    while True:
        waveforms = []
        while sum(map(len, waveforms)) < args.batch_seconds * SAMPLE_RATE:
            waveforms.append(torch.from_numpy(read_audio(next(files))))
        lengths = torch.tensor([len(waveform) for waveform in waveforms])
        yield pad_sequence(waveforms, batch_first=True), lengths, torch.arange(len(waveforms)) % 7


def synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--batch_seconds", type=int, default=60, help="audio in a batch")
    parser.add_argument("--clones", type=int, default=2, help="masked clones of an utterance; the paper has 8")
    parser.add_argument("--updates", type=int, default=2, help="that are timed, after one that is not")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="bfloat16 by autocast")
    parser.add_argument("--ngpu", type=int, default=0, help="0 for the CPU")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
