#!/usr/bin/env python3
"""Time and memory of the commands on data directories, on a made-up set.

Usage: tools/benchmark/data_dirs.py [--utterances 1000000] [--code OTHER_CHECKOUT]

Each command runs in a process of its own, start-up included. Reported are CPU time (of the program and of the system
for it), wall time and the peak of resident memory. With --code the commands are those of another checkout, such as one
of an earlier commit.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from c2ser.data import names
from c2ser.data.tables import table_writer
from c2ser.emotions import PAPER_EMOTIONS

UTTERANCES_PER_SPEAKER = 200
PARTS = 32


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    with tempfile.TemporaryDirectory(dir=args.work_dir) as work_dir:
        folder = Path(work_dir)
        (folder / "audio.wav").write_bytes(b"made up")
        speakers = range(args.utterances // UTTERANCES_PER_SPEAKER)
        write_set(folder / "set", speakers, folder / "audio.wav")
        for half in (0, 1):
            write_set(folder / f"half{half}", speakers[half::2], folder / "audio.wav")
        write_hypotheses(folder / "hypotheses", speakers)
        print(f"{len(speakers) * UTTERANCES_PER_SPEAKER} utterances\n{'':20}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
        for name, command in commands(folder).items():
            if args.only and not name.startswith(tuple(args.only)):
                continue
            cpu, wall, peak = measure(command, args.code)
            print(f"{name:20}{cpu:8.1f}{wall:8.1f}{peak:9.0f}", flush=True)


def commands(folder: Path) -> dict[str, list[object]]:
    """Returns name -> command line of each operation."""
    whole, out = folder / "set", folder / "out"
    return {
        "validate": ["validate_data_dir", whole],
        f"split by {PARTS}": ["split_data_dir", "--data_dir", whole, "--nj", PARTS, "--output_dir", out],
        f"merge {PARTS}": ["merge_data_dir", "--data_dir", out, "--nj", PARTS],
        "subset": ["subset_data_dir", "--data_dir", whole, "--fraction", 0.5, "--output_dir", out / "subset"],
        "combine": [
            "combine_data_dirs",
            "--data_dirs",
            folder / "half0",
            folder / "half1",
            "--output_dir",
            out / "all",
        ],
        "score": [
            "score",
            "--ref",
            whole / names.UTT2EMO,
            "--hyp",
            folder / "hypotheses",
            "--output_dir",
            out / "score",
        ],
        "build_cot": ["build_cot", "--data_dir", whole, "--output_dir", out / "cot", "--levels_by", "speaker"],
    }


def measure(command: list[object], code: Path) -> tuple[float, float, float]:
    """Runs a command and returns its CPU time and wall time in seconds, and its peak memory in MB.

    Raises:
        SystemExit: it fails.
    """
    module, *options = map(str, command)
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", f"c2ser.bin.{module}", *options],
            cwd=code,  # python -m looks there first
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        if status:
            output.seek(0)
            sys.exit(output.read()[-2000:])
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024 / 1e6


def write_set(directory: Path, speakers: range, wav: Path) -> None:
    """Writes a data directory of the given speakers."""
    values = {
        names.WAV_SCP: lambda number: wav,
        names.UTT2SPK: lambda number: f"spk{number // UTTERANCES_PER_SPEAKER:05d}",
        names.UTT2EMO: lambda number: PAPER_EMOTIONS[number % 7],
        names.TEXT: lambda number: f"these are the words of utterance number {number} of a made up set",
        names.UTT2LANG: lambda number: "zh" if number % 3 else "en",
        names.UTT2DUR: lambda number: f"{1 + number % 97 / 10:.4f}",
        names.UTT2NUM_SAMPLES: lambda number: 16000 + 1600 * (number % 97),
        names.ATTRIBUTES: lambda number: f"{90 + number % 211}.000 {-50 + number % 37}.000 {number % 23}.000",
    }
    with ExitStack() as stack:
        tables = {name: stack.enter_context(table_writer(directory / name)) for name in values}
        spk2utt = stack.enter_context(table_writer(directory / names.SPK2UTT))
        spk2gender = stack.enter_context(table_writer(directory / names.SPK2GENDER))
        for speaker in speakers:
            numbers = numbers_of(speaker)
            spk2utt.write(f"spk{speaker:05d}", " ".join(map(utterance, numbers)))
            spk2gender.write(f"spk{speaker:05d}", "mf"[speaker % 2])
            for number in numbers:
                for name, value in values.items():
                    tables[name].write(utterance(number), value(number))


def write_hypotheses(path: Path, speakers: range) -> None:
    """Writes recognised emotions, of which four in five are right."""
    with table_writer(path) as table:
        for speaker in speakers:
            for number in numbers_of(speaker):
                table.write(utterance(number), PAPER_EMOTIONS[(number + (number % 5 == 0)) % 7])


def numbers_of(speaker: int) -> range:
    """Returns the numbers of a speaker's utterances."""
    return range(speaker * UTTERANCES_PER_SPEAKER, (speaker + 1) * UTTERANCES_PER_SPEAKER)


def utterance(number: int) -> str:
    """Returns the id of an utterance."""
    return f"spk{number // UTTERANCES_PER_SPEAKER:05d}-{number % UTTERANCES_PER_SPEAKER:03d}"


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=1_000_000, help="the size of the set; default: %(default)s")
    parser.add_argument("--code", type=Path, default=Path(__file__).resolve().parents[2], help="the checkout to run")
    parser.add_argument("--only", nargs="+", help="commands whose names begin so")
    parser.add_argument(
        "--work_dir", type=Path, help="where the sets go, 1.5 kB an utterance; by default a temporary folder"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
