#!/usr/bin/env python3
"""Stages 2 and 5 in one job and in two, of one thread each, and what the launcher itself costs.

Usage: tools/benchmark/jobs.py --audio_dir EMODB/wav

Jobs run as recipes run them, from splitting to merging, start-up included, on copies of the corpus; the systems take
turns, and reported are medians over the repeats. Transcripts are made up. Emotion2Vec is of base size with random
weights, because speed does not depend on them. Takes FunASR (pip install funasr).
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from attributes import Clip, read_clip, write_clips
from emotion2vec_extraction import save_model

from c2ser.data.data_dir import DataDir

ROOT = Path(__file__).resolve().parents[2]


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    clips = [read_clip(path) for path in sorted(args.audio_dir.glob("**/*.wav"))[: args.files]]
    with tempfile.TemporaryDirectory() as work_dir:
        folder = Path(work_dir)
        empty = launch(folder, 200, "true", max_jobs=2)
        print(f"200 jobs of true, two at once: {empty:.1f} s")
        (folder / "model").mkdir()
        save_model(folder / "model")
        attributes = ("c2ser.bin.extract_attributes", "--audio_dir", folder / "audio")
        features = ("c2ser.bin.extract_emotion2vec", "--model", folder / "model")
        report("stage 2", attributes, (), clips * args.copies, args.repeats, folder)
        report("stage 5", features, ("emotion2vec_s.scp",), clips, args.repeats, folder)


def report(stage: str, command: tuple, tables: tuple[str, ...], clips: list[Clip], repeats: int, folder: Path) -> None:
    """Prints the wall time of a stage's commands in one job and in two, and of a job's start."""
    data, one_clip = folder / "data", folder / "one"
    write_clips(data, clips)
    write_clips(one_clip, clips[:1])
    times: dict[str, list[float]] = {"start-up": [], "1 job": [], "2 jobs": []}
    for _ in range(repeats):
        times["start-up"].append(run_stage(command, tables, one_clip, folder, 1))
        times["1 job"].append(run_stage(command, tables, data, folder, 1))
        times["2 jobs"].append(run_stage(command, tables, data, folder, 2))
    seconds = sum(clip.seconds for clip in clips)
    print(f"\n{stage:20}{'x real time':>12}{'x 1 job':>10}{'s':>10}")
    for name in ("1 job", "2 jobs"):
        ratio = statistics.median(a / b for a, b in zip(times["1 job"], times[name], strict=True))
        wall = statistics.median(times[name])
        print(f"{name:20}{seconds / wall:12.0f}{ratio:10.2f}{wall:10.1f}")
    print(f"{'start-up of a job':20}{'':22}{statistics.median(times['start-up']):10.1f}")


def run_stage(command: tuple, tables: tuple[str, ...], data_dir: Path, folder: Path, nj: int) -> float:
    """Runs a stage's commands on a data directory as ser.sh does; returns the wall time in seconds."""
    output_dir = folder / "dump"
    for made in (output_dir, folder / "audio"):
        shutil.rmtree(made, ignore_errors=True)
    start = time.perf_counter()
    DataDir(data_dir).split(nj, output_dir / "input")
    splits = ("--data_dir", output_dir / f"input/split{nj}/JOB", "--output_dir", output_dir / f"split{nj}/JOB")
    launch(output_dir, nj, sys.executable, "-m", *command, *splits)
    DataDir(output_dir).merge(nj, tables or None)
    return time.perf_counter() - start


def launch(folder: Path, nj: int, *command: object, max_jobs: int | None = None) -> float:
    """Runs a command in parallel jobs of one thread; returns the wall time in seconds."""
    start = time.perf_counter()
    at_once = ("--max_jobs", str(max_jobs)) if max_jobs else ()
    launcher = (sys.executable, ROOT / "utils/run.py", "--num_threads", "1", *at_once, f"JOB=1:{nj}")
    subprocess.run([*launcher, folder / "log" / "JOB.log", *command], check=True)
    return time.perf_counter() - start


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--files", type=int, help="only the first so many")
    parser.add_argument("--copies", type=int, default=4, help="of the corpus, for stage 2")
    parser.add_argument("--repeats", type=int, default=3, help="medians are over them")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
