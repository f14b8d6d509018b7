#!/usr/bin/env python3
"""c2ser infer on a folder against recognize file by file, and its memory on many files.

Usage: tools/benchmark/infer.py --model EXP/packed --audio_dir EMODB/wav [--files 20000]

Both answer in this process with one model, with probabilities or without. The files are dealt into parts,
which go to one after the other, so that a noisy machine disturbs both alike; the command's start, loading of the model
and output are counted in a row of their own. Seconds are of the processor, of all threads together, and of the
clock. That the answers are the same is checked. With --files, as many links to the audio are answered by the command in
a process of its own, and its greatest memory is printed beside that on a tenth of them.
"""

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from c2ser import C2SER
from c2ser.bin import infer
from c2ser.data.audio_files import audio_files
from c2ser.emotions import INVALID

PARTS = 4
Answers = dict[str, tuple[str, str]]  # file -> emotion, text


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    torch.set_num_threads(args.threads)
    files = list(map(str, audio_files(args.audio_dir)))
    model = C2SER.from_pretrained(args.model)
    print(f"{args.audio_dir}: {len(files)} files; {args.threads} threads, PyTorch {torch.__version__}")
    for scores in (True, False):
        compare(model, files, scores, mode=args.mode)
    clock = Stopwatch()
    answers = clock.add(lambda: by_command(args.model, files, args.mode))
    print(f"\n{'the command, start and output too':36}{clock}{len(answers) / clock.seconds:12.1f}")
    if args.files:
        for number in (args.files // 10, args.files):
            print(f"{number} files: at most {greatest_memory(args.model, files, number):.0f} MiB")


class Stopwatch:
    """Sums seconds of the processor and of the clock.

    Attributes:
        cpu, seconds: those of the processor and of the clock.
    """

    def __init__(self):
        self.cpu = self.seconds = 0.0

    def add(self, work: Callable[[], Answers]) -> Answers:
        """Does some work and adds its time."""
        start = (time.process_time(), time.perf_counter())
        answers = work()
        self.cpu += time.process_time() - start[0]
        self.seconds += time.perf_counter() - start[1]
        return answers

    def __str__(self) -> str:
        return f"{self.cpu:12.1f}{self.seconds:12.1f}"


def compare(model: C2SER, files: Sequence[str], scores: bool, *, mode: str) -> None:
    """Prints the times of both ways."""

    def one_by_one(part: Sequence[str]) -> Answers:
        return {file: answer(model.recognize(file, mode, scores=scores)) for file in part}

    def together(part: Sequence[str]) -> Answers:
        return dict(zip(part, map(answer, model.recognize_files(part, mode, scores=scores)), strict=True))

    ways = {"file by file": one_by_one, "as infer does": together}
    for way in ways.values():  # to warm up, not counted
        way(files[:2])
    clocks = {name: Stopwatch() for name in ways}
    answers: dict[str, Answers] = {name: {} for name in ways}
    for part in range(PARTS):
        for name, way in ways.items():
            answers[name] |= clocks[name].add(lambda way=way, part=part: way(files[part::PARTS]))
    print(f"\n{'with' if scores else 'without'} probabilities")
    print(f"{'':36}{'CPU s':>12}{'clock s':>12}{'files/s':>12}{'x faster':>12}")
    first = clocks["file by file"]
    for name, clock in clocks.items():
        speed = f"{len(files) / clock.seconds:12.1f}{first.cpu / clock.cpu:12.2f}"
        print(f"{name:36}{clock}{speed}")
    differing = sum(answers["file by file"][file] != answers["as infer does"][file] for file in files)
    print(f"different answers: {differing} of {len(files)}")


def answer(recognition) -> tuple[str, str]:
    return recognition.emotion or INVALID, " ".join(recognition.text.split())


def by_command(model: str, files: Sequence[str], mode: str) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "answers.csv")
        infer.main(["--model", model, "--mode", mode, "--output", str(output), *files])
        with open(output, newline="", encoding="utf-8") as table:
            return {row["file"]: (row["emotion"], row["text"]) for row in csv.DictReader(table)}


def greatest_memory(model: str, files: Sequence[str], number: int) -> float:
    """Returns the greatest memory in MiB of the command on links to files."""
    with tempfile.TemporaryDirectory() as folder:
        for index in range(number):
            os.symlink(os.path.abspath(files[index % len(files)]), Path(folder, f"{index:06}.wav"))
        command = [sys.executable, "-m", "c2ser.bin.infer", "--model", model, folder]
        command += ["--output", f"{folder}/answers.tsv"]
        subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="folder of a packed model")
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder of audio files")
    parser.add_argument("--files", type=int, default=0, help="links to answer for the memory")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mode", choices=("implicit", "explicit"), default="implicit", help="of the answers")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
