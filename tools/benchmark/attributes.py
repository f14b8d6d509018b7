#!/usr/bin/env python3
"""Acoustic attributes of stage 2: each alone, Praat against WORLD, the whole extraction.

Usage: tools/benchmark/attributes.py --audio_dir EMODB/wav

Transcripts are made up, another one for each file, in English. Parts of the corpus go to one system after another, so
that a noisy machine disturbs all alike. Systems run on one core and are timed by its own clock, from waveforms in
memory, but for the whole extraction, which is from files to a data directory. Reported are medians over the parts. How
much faster jobs are side by side is in jobs.py.
"""

import argparse
import contextlib
import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from c2ser.acoustics.extraction import extract_attributes
from c2ser.acoustics.loudness import integrated_loudness
from c2ser.acoustics.phonemes import count_phonemes
from c2ser.acoustics.pitch import mean_f0
from c2ser.acoustics.rate import speaking_rate
from c2ser.data.data_dir import DataDir
from c2ser.data.utterance import Utterance

SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
SYLLABLES_A_SECOND = 5


class Clip(NamedTuple):
    """One file: mono samples at the file's own rate in Hz, and words to go with it."""

    path: Path
    waveform: np.ndarray
    sample_rate: int
    text: str

    @property
    def seconds(self) -> float:
        return len(self.waveform) / self.sample_rate


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    clips = [read_clip(path) for path in sorted(args.audio_dir.glob("**/*.wav"))[: args.files]]
    print(f"{len(clips)} files, {sum(clip.seconds for clip in clips):.0f} s of audio")
    with tempfile.TemporaryDirectory() as folder:
        report_systems([clips[part :: args.parts] for part in range(args.parts)], Path(folder))


def report_systems(parts: Sequence[list[Clip]], folder: Path) -> None:
    """Prints how much faster than real time each system is on one core, and the ratio of pitch by WORLD to Praat."""
    systems: dict[str, Callable[[list[Clip]], None]] = {
        "pitch, Praat": partial(each, lambda clip: mean_f0(clip.waveform, clip.sample_rate, extractor="praat")),
        "pitch, WORLD": partial(each, lambda clip: mean_f0(clip.waveform, clip.sample_rate, extractor="world")),
        "loudness": partial(each, lambda clip: integrated_loudness(clip.waveform, clip.sample_rate)),
        "rate": partial(
            each, lambda clip: speaking_rate(clip.waveform, clip.sample_rate, text=clip.text, language="en")
        ),
        "extraction, Praat": partial(extract, folder=folder, pitch_extractor="praat"),
        "extraction, WORLD": partial(extract, folder=folder, pitch_extractor="world"),
    }
    times = measure(systems, parts)
    seconds = [sum(clip.seconds for clip in part) for part in parts]
    print(f"\n{'one core':20}{'x real time':>12}{'x Praat':>10}")
    for system, spent in times.items():
        speed = statistics.median(audio / cpu for audio, cpu in zip(seconds, spent, strict=True))
        print(f"{system:20}{speed:12.0f}", end="")
        if system.endswith("WORLD"):
            praat = times[system.replace("WORLD", "Praat")]
            print(f"{statistics.median(a / b for a, b in zip(praat, spent, strict=True)):10.2f}", end="")
        print()


def measure(systems: Mapping[str, Callable], parts: Sequence[list[Clip]]) -> dict[str, list[float]]:
    """Returns CPU seconds a part of each system."""
    times: dict[str, list[float]] = {system: [] for system in systems}
    for number, part in enumerate([parts[0], *parts]):  # the first time to warm up, not counted
        for system, work in systems.items():
            count_phonemes.cache_clear()
            start = time.process_time()
            work(part)
            if number:
                times[system].append(time.process_time() - start)
    return times


def each(measure: Callable[[Clip], float], clips: list[Clip]) -> None:
    for clip in clips:
        measure(clip)


def extract(clips: list[Clip], folder: Path, pitch_extractor: str) -> None:
    data_dir = folder / "part"
    write_clips(data_dir, clips)
    with contextlib.redirect_stderr(io.StringIO()):  # the progress bar
        extract_attributes(data_dir, folder / "part_dump", pitch_extractor=pitch_extractor)


def write_clips(data_dir: Path, clips: list[Clip]) -> None:
    utterances = (
        Utterance(f"{number:08}", clip.path, f"{number:08}", text=f"{clip.text} {number}", language="en")
        for number, clip in enumerate(clips)
    )
    DataDir(data_dir).write(utterances, ())


def read_clip(path: Path) -> Clip:
    samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    generator = random.Random(path.name)
    syllables = generator.choices(SYLLABLES, k=max(2, round(SYLLABLES_A_SECOND * len(samples) / sample_rate)))
    words = ["".join(syllables[start : start + 2]) for start in range(0, len(syllables), 2)]
    return Clip(path, samples.mean(axis=1), sample_rate, " ".join(words))


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--files", type=int, help="only the first so many")
    parser.add_argument("--parts", type=int, default=5, help="of the corpus; medians are over them")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
