"""One vector an utterance of a data directory, kept as ark and scp so that no encoder runs twice."""

import hashlib
import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import yaml
from tqdm import tqdm

from c2ser.data.audio import utterance_audio
from c2ser.data.batches import length_batches
from c2ser.data.features import append_feature
from c2ser.data.files import atomic_write
from c2ser.data.tables import read_table, table_lines, write_table
from c2ser.encoders.utterance import UtteranceEncoder
from c2ser.errors import InputError

BATCHES_READ_AHEAD = 16  # among which utterances are sorted by length


def extract_vectors(
    load: Callable[[], UtteranceEncoder],
    origin: dict,
    data_dir: str | Path,
    output_dir: str | Path,
    batch_samples: int,
    utterances: Collection[str] | None = None,
) -> Path:
    """Writes the vectors of utterances as ``vectors.scp`` and ``vectors.ark``; returns the absolute scp.

    The scp, written last, is taken as it is where it has these utterances and ``origin.yaml`` beside it says the same.

    Args:
        load: loads the encoder.
        origin: what the vectors depend on (`encoder_origin`); the audio is added here.
        data_dir: has ``wav.scp``, ``utt2emo`` and, where utterances are parts of recordings, ``segments``.
        output_dir: where the files go.
        batch_samples: samples of a batch, padding counted.
        utterances: those to encode; by default the labelled ones.

    Raises:
        InputError: there is no utterance, or audio of one is missing or cannot be used.
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir).resolve()
    if utterances is None:
        utterances = read_table(data_dir / "utt2emo").keys()
    if not utterances:
        raise InputError(f"{data_dir}/utt2emo: no labelled utterance; a probe needs labels")
    scp, origin_file = output_dir / "vectors.scp", output_dir / "origin.yaml"
    origin = yaml.safe_dump({**origin, "audio": _digest(data_dir)}, sort_keys=False)
    if scp.is_file() and origin_file.is_file() and origin_file.read_text(encoding="utf-8") == origin:
        if read_table(scp).keys() == utterances:
            logging.info(f"{scp}: vectors of this encoder and audio are there already")
            return scp
    encoder = load()
    scp.unlink(missing_ok=True)
    with atomic_write(origin_file) as file:
        file.write(origin)
    write_table(scp, _write_ark(scp.with_suffix(".ark"), encoder, data_dir, utterances, batch_samples))
    return scp


def encoder_origin(name: str, layer: int | None, dtype: str) -> dict:
    """Says which vectors an encoder makes; of a model on disk the time of its last change is part of it."""
    path = Path(name)
    files = [path, *path.iterdir()] if path.is_dir() else [path] if path.exists() else []
    changed = max((os.stat(file).st_mtime_ns for file in files), default=None)
    return {"encoder": name, "changed": changed, "layer": layer, "dtype": dtype}


def _digest(data_dir: Path) -> str:
    """Names the audio: the tables, sizes and times of change of the files; what is no file has its error later."""
    digest = hashlib.sha256()
    for table in (data_dir / "wav.scp", data_dir / "segments"):
        digest.update(table.read_bytes() + b"\0" if table.is_file() else b"\0")
    for _, _, path in table_lines(data_dir / "wav.scp"):
        if os.path.isfile(path):
            status = os.stat(path)
            digest.update(repr((status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()


def _write_ark(
    ark: Path, encoder: UtteranceEncoder, data_dir: Path, utterances: Collection[str], batch_samples: int
) -> dict[str, str]:
    locations: dict[str, str] = {}
    audio = ((utt, waveform) for utt, waveform in utterance_audio(data_dir) if utt in utterances)
    progress = tqdm(total=len(utterances), desc=f"{data_dir} encoded", unit="utt", disable=None)
    with atomic_write(ark, "wb") as file, progress:
        for batch in _batches(audio, batch_samples, equal_lengths=not encoder.pads):
            vectors = encoder.encode(list(batch.values()))
            for utt, vector in zip(batch, vectors, strict=True):
                locations[utt] = f"{ark}:{append_feature(file, utt, vector)}"
            progress.update(len(batch))
        if missing := utterances - locations.keys():
            raise InputError(f"{data_dir}/wav.scp: no audio for utterance '{min(missing)}'; utt2emo has a label for it")
    return locations


def _batches(
    audio: Iterable[tuple[str, np.ndarray]], batch_samples: int, equal_lengths: bool
) -> Iterator[dict[str, np.ndarray]]:
    """Yields batches, sorted by length within what is read ahead."""
    ahead: dict[str, np.ndarray] = {}
    samples = 0
    for utt, waveform in audio:
        ahead[utt] = waveform
        samples += len(waveform)
        if samples >= BATCHES_READ_AHEAD * batch_samples:
            yield from _sorted_batches(ahead, batch_samples, equal_lengths)
            ahead, samples = {}, 0
    yield from _sorted_batches(ahead, batch_samples, equal_lengths)


def _sorted_batches(
    waveforms: dict[str, np.ndarray], batch_samples: int, equal_lengths: bool
) -> Iterator[dict[str, np.ndarray]]:
    lengths = {utt: len(waveform) for utt, waveform in waveforms.items()}
    for batch in length_batches(lengths, batch_samples):
        parts = [list(group) for _, group in groupby(batch, key=lengths.get)] if equal_lengths else [batch]
        for part in parts:
            yield {utt: waveforms[utt] for utt in part}
