"""Stage 2: a data directory becomes one of 16 kHz mono audio, with durations and acoustic attributes."""

import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from c2ser.acoustics.attributes import measure_attributes
from c2ser.data.audio import SAMPLE_RATE, native_audio, resample
from c2ser.data.data_dir import combine_data_dirs, subset_data_dir
from c2ser.data.files import atomic_write
from c2ser.data.tables import read_table, write_table
from c2ser.data.transcripts import read_languages, read_texts
from c2ser.errors import InputError


def extract_attributes(
    data_dir: str | Path,
    output_dir: str | Path,
    audio_dir: str | Path | None = None,
    skip_bad: bool = False,
    allow_pipe: bool = False,
    pitch_extractor: str = "praat",
) -> int:
    """Reads each utterance once and writes a data directory of its audio, length and attributes.

    Attributes are measured at the recordings' own sampling rates. ``output_dir`` gets all tables of ``data_dir`` but
    ``segments``, and ``utt2dur`` (seconds), ``utt2num_samples``, ``attributes`` and, of utterances that lack one of
    them, ``attribute_reasons`` (``<name>: <reason>``, joined by ``; ``), which the log counts.

    Its ``wav.scp`` comes last and has a file an utterance: the source's where that is 16-bit mono WAV or FLAC at
    16 kHz, otherwise a new FLAC. An interrupted call leaves no ``wav.scp`` that could be taken for whole.

    Args:
        data_dir: any data directory.
        output_dir: another folder.
        audio_dir: where new audio goes; by default ``output_dir/audio``.
        skip_bad: leave out utterances whose audio is missing or cannot be used, with a warning each.
        allow_pipe: run entries of ``wav.scp`` that are a command and ``|``.
        pitch_extractor: ``praat`` or ``world``, see `c2ser.acoustics.pitch.mean_f0`.

    Returns:
        The number of utterances written.

    Raises:
        InputError: audio is missing or cannot be used and ``skip_bad`` is not set, no utterance is left, or a table is
            faulty.
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    audio_dir = Path(audio_dir or output_dir / "audio")
    if data_dir.resolve() == output_dir.resolve():
        raise InputError(f"{output_dir}: --output_dir is the data directory itself; name another folder")
    (output_dir / "wav.scp").unlink(missing_ok=True)
    bad: list[str] | None = [] if skip_bad else None
    utts = read_table(data_dir / "utt2spk")
    audio = native_audio(data_dir, bad, allow_pipe, utts)
    audio = tqdm(audio, total=len(utts), desc=str(data_dir), unit="utt", mininterval=2)
    tables = _measure(data_dir, audio_dir, audio, pitch_extractor)
    for message in bad or ():
        logging.warning("skipped: %s", message)
    reasons = Counter(reason for line in tables["attribute_reasons"].values() for reason in line.split("; "))
    for reason, count in sorted(reasons.items()):
        logging.warning("%d of %d utterances have no %s", count, len(tables["wav.scp"]), reason)
    _write(data_dir, output_dir, tables)
    return len(tables["wav.scp"])


def _measure(
    data_dir: Path, audio_dir: Path, audio: Iterable[tuple[str, np.ndarray, int]], pitch_extractor: str
) -> dict[str, dict[str, object]]:
    """Measures all utterances and stores their audio; returns the tables to write."""
    sources = {} if (data_dir / "segments").exists() else read_table(data_dir / "wav.scp")
    texts, languages = read_texts(data_dir), read_languages(data_dir)
    names = ("wav.scp", "utt2dur", "utt2num_samples", "attributes", "attribute_reasons")
    tables: dict[str, dict[str, object]] = {name: {} for name in names}
    for utt, waveform, sample_rate in audio:
        attributes, reasons = measure_attributes(
            waveform, sample_rate, texts.get(utt), languages.get(utt), pitch_extractor
        )
        waveform = resample(waveform, sample_rate)
        tables["wav.scp"][utt] = _stored_audio(sources.get(utt), audio_dir, utt, waveform)
        tables["utt2dur"][utt] = f"{len(waveform) / SAMPLE_RATE:.4f}"
        tables["utt2num_samples"][utt] = len(waveform)
        tables["attributes"][utt] = attributes
        if reasons:
            tables["attribute_reasons"][utt] = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    return tables


def _stored_audio(source: str | None, audio_dir: Path, utt: str, waveform: np.ndarray) -> str:
    """Returns the source's path where it needs no conversion, otherwise that of a FLAC written now."""
    if source is not None and not source.endswith("|") and _as_wanted(soundfile.info(source)):
        return source
    path = audio_dir / f"{utt.replace('/', '%2F')}.flac"
    with atomic_write(path, "wb") as file:
        soundfile.write(file, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return os.path.abspath(path)


def _as_wanted(info) -> bool:
    """Tells of soundfile's ``info`` whether it is 16-bit mono at 16 kHz in a container that everything reads."""
    coding = (info.samplerate, info.channels, info.subtype)
    return coding == (SAMPLE_RATE, 1, "PCM_16") and info.format in ("WAV", "WAVEX", "FLAC")


def _write(data_dir: Path, output_dir: Path, tables: dict[str, dict[str, object]]) -> None:
    """Puts the new directory together beside ``output_dir``, then moves it there, ``wav.scp`` last."""
    part = output_dir.with_name(f"{output_dir.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    subset_data_dir(data_dir, part, tables["wav.scp"].keys())
    (part / "segments").unlink(missing_ok=True)
    for name, table in tables.items():
        write_table(part / name, table)
    combine_data_dirs([part], output_dir)
    shutil.rmtree(part)
