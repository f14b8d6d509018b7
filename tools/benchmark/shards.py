#!/usr/bin/env python3
"""Audio in arks against a file per utterance: stage 2, reading for a training, and reading from a slow disk.

Usage: tools/benchmark/shards.py --audio_dir EMODB/wav [--slow_dir MOUNTED/folder]

Systems take turns, and reported are medians of the ratios. Stage 2 and reading are measured in CPU time, so that other
programs of the machine disturb little; from a slow disk it is wall time, and nothing of it is in memory before.

A slow disk can be made of a file (as root, cgroups of version 1; 100 requests and 100 MB a second, as of a hard disk):

  truncate --size 2G disk && mkfs.ext4 -q disk && mount -o loop disk MOUNTED && mkdir /sys/fs/cgroup/blkio/slow
  device=$(mountpoint --fs-devno MOUNTED)
  echo "$device 100" > /sys/fs/cgroup/blkio/slow/blkio.throttle.read_iops_device
  echo "$device 100000000" > /sys/fs/cgroup/blkio/slow/blkio.throttle.read_bps_device
  echo $$ > /sys/fs/cgroup/blkio/slow/tasks
"""

import argparse
import os
import statistics
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import soundfile
from espnet2.iterators.sequence_iter_factory import SequenceIterFactory
from espnet2.train.dataset import ESPnetDataset

from c2ser.acoustics.extraction import extract_attributes
from c2ser.data.audio import read_audio
from c2ser.data.data_dir import DataDir
from c2ser.data.location import AudioLocation
from c2ser.data.names import AUDIO_FORMATS, FLAC, FLAC_ARK, WAV_SCP
from c2ser.data.shards import shard_writer
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance import Utterance
from c2ser.tasks.corpus_mix import padded_batches
from c2ser.tasks.datasets import AUDIO
from c2ser.tasks.sequential import sequential_factory

BATCH = 16  # utterances


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    with tempfile.TemporaryDirectory() as work_dir:
        folder = Path(work_dir)
        clips = [read_audio(path) for path in sorted(args.audio_dir.glob("**/*.wav"))[: args.files]]
        for subtype, what in (("PCM_24", "that is converted"), ("PCM_16", "that is as wanted")):
            data = folder / subtype
            write_set(data, clips, subtype)
            compare(f"stage 2, audio {what}", lambda kind, data=data: stage_2(data, kind), args.repeats)
        for kind in AUDIO_FORMATS:
            extract_attributes(folder / "PCM_24", folder / kind, audio_format=kind)
        compare("reading for a training", lambda kind: read_at_random(folder / kind), args.repeats)
        if args.slow_dir:
            report_slow_disk(folder / FLAC_ARK, args.slow_dir, megabytes=args.megabytes)


def compare(title: str, cost: Callable[[str], float], repeats: int) -> None:
    """Prints what arks cost, as a multiple of what files do."""
    ratios = [cost(FLAC_ARK) / cost(FLAC) for _ in range(repeats)]
    spread = f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
    print(f"{title}: CPU time of arks / of files {spread}", flush=True)


def write_set(directory: Path, clips: Sequence[np.ndarray], subtype: str) -> None:
    """Writes clips as a data directory of WAV files."""
    directory.mkdir()
    utterances = []
    for number, clip in enumerate(clips):
        path = directory / f"{number:05d}.wav"
        soundfile.write(path, clip, 16000, subtype=subtype)
        utterances.append(Utterance(f"s-{number:05d}", path, "s", "happy"))
    DataDir(directory).write(utterances, ["happy"])


def stage_2(data_dir: Path, audio_format: str) -> float:
    with tempfile.TemporaryDirectory() as output:
        start = time.process_time()
        extract_attributes(data_dir, output, audio_format=audio_format)
        return time.process_time() - start


def read_at_random(data_dir: Path) -> float:
    """Reads a set as a training does; returns the CPU time."""
    scp = data_dir / WAV_SCP
    dataset = ESPnetDataset([(str(scp), "speech", AUDIO)])
    utterances = list(np.random.default_rng(0).permutation(list(read_table(scp))))
    start = time.process_time()
    for utterance in utterances:
        dataset[str(utterance)]
    return time.process_time() - start


def report_slow_disk(arks: Path, folder: Path, *, megabytes: int) -> None:
    """Prints utterances a second at random and in blocks, of copies of a set's audio on a slow disk."""
    folder.mkdir(parents=True, exist_ok=True)
    scp, sizes = write_arks(arks, folder, megabytes * 1_000_000)
    dataset = ESPnetDataset([(str(scp), "speech", AUDIO)])
    order = np.random.default_rng(0).permutation(list(sizes)).tolist()
    batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    common = {"num_iters_per_epoch": None, "seed": 0, "num_workers": 1, "collate_fn": len}
    random = SequenceIterFactory(dataset, batches[:30], **common)
    make_batches = padded_batches(sizes, (BATCH * max(sizes.values())[0],))
    rates: dict[str, list[float]] = {"random": [], "in blocks": []}
    for _ in range(3):
        rates["random"].append(rate(random.build_iter(1), folder))
        args = Namespace(shuffle_buffer=megabytes / 6, seed=0, num_workers=1, ngpu=0)
        options = {"make_batches": make_batches, "processes": {}, "collate_fn": len}
        blocks = sequential_factory(args, Namespace(num_iters_per_epoch=None), dataset=dataset, **options)
        rates["in blocks"].append(rate(blocks.build_iter(1), folder))
    for name, own in rates.items():
        print(f"{len(sizes)} utterances, {megabytes} MB on a slow disk, {name}: {statistics.median(own):.0f} a second")
    ratios = [one / other for one, other in zip(rates["in blocks"], rates["random"])]
    print(f"in blocks / at random: {statistics.median(ratios):.1f}")


def write_arks(source: Path, folder: Path, size: int) -> tuple[Path, dict[str, tuple[int]]]:
    """Fills arks with copies of a set's audio; returns a table of them, and their samples."""
    known = read_table(source / WAV_SCP)
    audio = {utt: content_of(place) for utt, place in known.items()}
    samples = {utt: (len(read_audio(place)),) for utt, place in known.items()}
    places, sizes, total = {}, {}, 0
    with shard_writer(folder, "1", utterances=[], stored={}) as shards:
        while total < size:
            for utt, content in audio.items():
                copy = f"{len(places):07d}"
                places[copy], sizes[copy] = shards.append(copy, content), samples[utt]
                total += len(content)
    write_table(folder / WAV_SCP, places)
    return folder / WAV_SCP, sizes


def content_of(place: str) -> bytes:
    with AudioLocation.parse(place).opened() as file:
        return file.read()


def rate(loader: Iterable[int], folder: Path) -> float:
    """Reads all batches, from a disk of which nothing is in memory; returns the utterances a second."""
    for ark in folder.glob("*.ark"):
        with open(ark, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    start = time.perf_counter()
    return sum(loader) / (time.perf_counter() - start)


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--files", type=int, default=200, help="only the first so many")
    parser.add_argument("--repeats", type=int, default=5, help="medians are over them")
    parser.add_argument("--slow_dir", type=Path, help="folder on a slow disk")
    parser.add_argument("--megabytes", type=int, default=600, help="of audio there")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
