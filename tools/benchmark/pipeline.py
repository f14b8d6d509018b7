#!/usr/bin/env python3
"""From audio to answers: CPU time of stages 2, 5, 6 and 9, what takes it, and what large corpora cost.

Usage: tools/benchmark/pipeline.py --model EXP/packed --explicit EXP/packed_explicit --data_dir DATA/train
  [--hours 1] [--code OTHER_CHECKOUT]

The utterances of a data directory, as stage 1 writes them, are repeated until there are so many hours. Each stage's
command runs on them in a process of its own, on one thread, and on a single utterance, which tells what its start
costs; rates are without starts. All times are CPU time, of the program and of the system for it, which other programs
of the machine disturb less than the clock. Explicit answers are no part of the sum. With --code another checkout, such
as one of an earlier commit, takes turns with this one, and answers are compared; both must be able to read the models.

--profile runs each stage once more inside of this process and prints where its time goes: the compiled functions that
take most, and the share of matrix products, convolutions and attention.
"""

import argparse
import cProfile
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import NamedTuple

from c2ser.data.data_dir import DataDir
from c2ser.data.names import TEXT, UTT2EMO, UTT2LANG, UTT2SPK, WAV_SCP
from c2ser.data.resample import SAMPLE_RATE
from c2ser.data.tables import read_table
from c2ser.data.utterance import Utterance
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.emotions import EMOTIONS

IMPLICIT, EXPLICIT = "9 implicit answers", "9 explicit answers"
TABLES = (WAV_SCP, UTT2SPK, UTT2EMO)
OPTIONAL = {TEXT: "text", UTT2LANG: "language"}
HERE = Path(__file__).resolve().parents[2]
PRODUCTS = ("linear", "conv1d", "scaled_dot_product_attention", "_transformer_encoder_layer_fwd", "matmul", "einsum")
SHORTEST = 0.01  # s; what is less is lost in what a start takes
SHOWN = 0.03  # of a stage's time, what a function takes at least to be printed
CORPORA = {"the paper's training data": 1215, "a large corpus": 100_000}  # hours
MACHINES = {"laptop, 8 cores": 8, "100 cores": 100}
# Of one H100 at the paper's sizes, 6.5 s an utterance: times real time of features in bfloat16, and of implicit answers
# of Qwen2-7B in batches of 32; see gpu_h100.md. Stages 2 and 6 stay on the machine's CPU.
GPUS, GPU_RATES, CORES_PER_GPU = 8, {"5 features": 4324, IMPLICIT: 64.8 * 6.5}, 16


class Stage(NamedTuple):
    """A command of the recipe.

    Attributes:
        name: number and what it does.
        command: its module, and options.
    """

    name: str
    command: list[str]


class Cost(NamedTuple):
    """CPU time of a stage in seconds: its start, and the rest."""

    start: float
    rest: float


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    os.environ["OMP_NUM_THREADS"] = "1"
    checkouts = [path.resolve() for path in (*args.code, HERE)]
    with tempfile.TemporaryDirectory() as work_dir:
        folder = Path(work_dir)
        num_utts, hours = write_set(args.data_dir, folder / "set", args.hours)
        write_set(args.data_dir, folder / "one", 0)
        print(f"{num_utts} utterances, {hours:.2f} h; {args.repeats} repetitions, medians; one thread", flush=True)
        costs: dict[Path, list[dict[str, Cost]]] = {checkout: [] for checkout in checkouts}
        for repeat in range(args.repeats):
            for number, checkout in enumerate(checkouts):
                costs[checkout].append(measure(args, folder, checkout, output=folder / f"out{repeat}.{number}"))
        medians = {checkout: median(rows) for checkout, rows in costs.items()}
        for checkout, cost in medians.items():
            print_costs(checkout, cost, hours)
        for checkout in checkouts[:-1]:
            compare(checkout, medians[checkout], medians[HERE])
            compare_answers(folder, checkouts.index(checkout), len(checkouts) - 1)
        print_forecast({name: cost.rest / hours for name, cost in medians[HERE].items() if name != EXPLICIT})
        if args.profile:
            profile(args, folder)


def stages(args: argparse.Namespace, data_dir: Path, output: Path) -> Iterator[Stage]:
    """Yields the commands of the recipe from a data directory to answers."""
    model, dump = os.path.abspath(args.model), str(output / "dump")
    yield Stage("2 audio, attributes", ["extract_attributes", "--data_dir", str(data_dir), "--output_dir", dump])
    encoder = ["--model", f"{model}/emotion2vec_s"]
    yield Stage("5 features", ["extract_emotion2vec", *encoder, "--data_dir", dump, "--output_dir", dump])
    yield Stage("6 rationales", ["build_cot", "--data_dir", dump, "--output_dir", dump])
    answers = ["alm_inference", "--data_dir", dump, "--output_dir"]
    yield Stage(IMPLICIT, [*answers, str(output / IMPLICIT), "--model", model, "--mode", "implicit", "--scores"])
    if args.explicit:
        model = os.path.abspath(args.explicit)
        yield Stage(EXPLICIT, [*answers, str(output / EXPLICIT), "--model", model, "--mode", "explicit"])


def measure(args: argparse.Namespace, folder: Path, checkout: Path, *, output: Path) -> dict[str, Cost]:
    """Runs all stages of a checkout on one utterance and on all."""
    one = [cpu_time(stage.command, checkout) for stage in stages(args, folder / "one", output / "one")]
    whole = list(stages(args, folder / "set", output / "set"))
    return {
        stage.name: Cost(start, max(cpu_time(stage.command, checkout) - start, SHORTEST))
        for stage, start in zip(whole, one, strict=True)
    }


def cpu_time(command: Sequence[str], checkout: Path) -> float:
    """Runs a command of a checkout; returns its CPU time in seconds, that of its threads and children included.

    Raises:
        SystemExit: it fails.
    """
    module, *options = command
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", f"c2ser.bin.{module}", *options],
            cwd=checkout,  # python -m looks there first
            env=os.environ | {"PYTHONPATH": str(checkout)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            output.seek(0)
            sys.exit(output.read()[-2000:])
    return usage.ru_utime + usage.ru_stime


def median(costs: Sequence[dict[str, Cost]]) -> dict[str, Cost]:
    return {
        name: Cost(*(statistics.median(values) for values in zip(*(row[name] for row in costs), strict=True)))
        for name in costs[0]
    }


def total(costs: dict[str, Cost]) -> Cost:
    """Sums what stages cost, explicit answers left out."""
    return Cost(*(sum(values) for values in zip(*(cost for name, cost in costs.items() if name != EXPLICIT))))


def print_costs(checkout: Path, costs: dict[str, Cost], hours: float) -> None:
    print(f"\n{checkout}\n{'stage':26}{'start, s':>10}{'s':>10}{'share':>8}{'h of audio per core-hour':>26}")
    whole = total(costs)
    for name, cost in [*costs.items(), ("all but explicit answers", whole)]:
        shares = f"{cost.rest / whole.rest:8.1%}{hours * 3600 / cost.rest:26.0f}"
        print(f"{name:26}{cost.start:10.1f}{cost.rest:10.1f}{shares}", flush=True)


def compare(checkout: Path, before: dict[str, Cost], now: dict[str, Cost]) -> None:
    print(f"\nthis checkout against {checkout}: times as fast")
    for name in now:
        print(f"{name:26}{before[name].rest / now[name].rest:6.2f}")
    print(f"{'all but explicit answers':26}{total(before).rest / total(now).rest:6.2f}")


def compare_answers(folder: Path, *checkouts: int) -> None:
    """Prints how many answers of two checkouts are the same."""
    for name in (IMPLICIT, EXPLICIT):
        tables = [folder / f"out0.{number}" / "set" / name / TEXT for number in checkouts]
        if all(table.exists() for table in tables):
            theirs, ours = map(read_table, tables)
            print(f"{name}: {sum(theirs[utt] == ours[utt] for utt in ours)} of {len(ours)} are the same")


def print_forecast(seconds: dict[str, float]) -> None:
    """Prints what corpora cost, from CPU seconds of each stage for an hour of audio."""
    print("\nfrom these rates, without starts and with all cores busy; 8 GPUs from the rates of gpu_h100.md")
    core_hours = sum(seconds.values()) / 3600
    on_cpu = sum(cost for name, cost in seconds.items() if name not in GPU_RATES) / 3600
    for corpus, hours in CORPORA.items():
        print(f"{corpus}, {hours} h: {hours * core_hours:.0f} core-hours with this model", end="")
        for machine, cores in MACHINES.items():
            print(f"; {machine}: {duration(hours * core_hours / cores)}", end="")
        gpu_hours = sum(hours / rate for rate in GPU_RATES.values())
        cores = GPUS * CORES_PER_GPU
        print(
            f"\n  {GPUS} H100 with {cores} cores, models of the paper's size: {duration(gpu_hours / GPUS)} of the GPUs "
            f"for stages 5 and 9, {duration(hours * on_cpu / cores)} of the cores for the others"
        )


def duration(hours: float) -> str:
    """Words a time.

    Example:
        >>> duration(0.5), duration(5.25), duration(100)
        ('30 min', '5.2 h', '4.2 days')
    """
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def profile(args: argparse.Namespace, folder: Path) -> None:
    """Prints where the time of each stage goes."""
    for stage in stages(args, folder / "set", folder / "profiled"):
        module, *options = stage.command
        run = import_module(f"c2ser.bin.{module}").main
        profiler = cProfile.Profile(time.thread_time)
        profiler.runcall(run, options)
        entries = pstats.Stats(profiler).stats
        whole = sum(own for _, _, own, *_ in entries.values())
        print(f"\n{stage.name}: {whole:.1f} s of CPU time, the thread that reads ahead not counted")
        compiled = {name: row[2] for (file, _, name), row in entries.items() if file == "~"}
        products = sum(own for name, own in compiled.items() if any(product in name for product in PRODUCTS))
        print(f"{products / whole:8.1%}  matrix products, convolutions and attention")
        for name, own in sorted(compiled.items(), key=lambda entry: -entry[1]):
            if own > SHOWN * whole:
                print(f"{own / whole:8.1%}  {name}")


def write_set(source: Path, target: Path, hours: float) -> tuple[int, float]:
    """Writes a data directory of a set's utterances, repeated until there are so many hours; at least one utterance.

    Returns:
        The number of utterances, and their hours.
    """
    audio, known = UtteranceAudio(source), list(DataDir(source).iterate(*TABLES, optional=[*OPTIONAL]))
    seconds = [audio.num_samples(utterance) / SAMPLE_RATE for utterance, *_ in known]
    utterances, total_seconds = [], 0.0
    for copy in count():
        for (utterance, wav, speaker, emotion, *details), length in zip(known, seconds, strict=True):
            names = (f"{copy:05d}-{utterance}", Path(wav), f"{copy:05d}-{speaker}", emotion)
            utterances.append(Utterance(*names, **dict(zip(OPTIONAL.values(), details, strict=True))))
            total_seconds += length
            if total_seconds >= hours * 3600:
                DataDir(target).write(utterances, EMOTIONS)
                return len(utterances), total_seconds / 3600


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="packed model that gives implicit answers")
    parser.add_argument("--explicit", help="packed model whose explicit answers are measured, too")
    parser.add_argument("--data_dir", required=True, type=Path, help="utterances, as stage 1 writes them")
    parser.add_argument("--hours", type=float, default=1.0, help="of audio; the utterances are repeated")
    parser.add_argument("--code", type=Path, nargs="*", default=[], help="other checkouts, which take turns")
    parser.add_argument("--repeats", type=int, default=3, help="medians are over them")
    parser.add_argument("--profile", action="store_true", help="also print where the time goes")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
