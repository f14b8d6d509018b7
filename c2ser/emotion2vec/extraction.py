"""Features of a data directory with Emotion2Vec-S, as kaldiio ark and scp."""

import hashlib
import logging
import os
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from c2ser.checkpoints.experiments import computation_digest
from c2ser.data.audio import SAMPLE_RATE, read_audio, utterance_files
from c2ser.data.batches import length_batches, load_ahead
from c2ser.data.resumable_ark import ResumableArk, resumable_ark
from c2ser.data.tables import write_table
from c2ser.emotion2vec.model import Emotion2Vec
from c2ser.errors import InputError

MAX_SECONDS = 120  # the attention of one utterance takes 5 GB then, and grows with the square of the length
NAMES = {"utterance": "emotion2vec_s", "frame": "emotion2vec_s_frames"}
PARTS_OF_OUTPUT = {"utterance": "utterance", "frame": "frames"}


def extract_features(
    model: Emotion2Vec,
    data_dir: str | Path,
    output_dir: str | Path,
    level: str,
    batch_samples: int,
    ark: str | Path | None = None,
) -> Path:
    """Writes ``emotion2vec_s.scp``, or with ``level`` frame ``emotion2vec_s_frames.scp``, and its ark, float32.

    The same call after an interruption keeps the batches that are there and extracts the others; on the same machine it
    ends with the bytes of a call that was never interrupted. Where audio files changed meanwhile, their batch and those
    after it are extracted again; all are where they changed after the call was finished, and after a change of the
    model, its type or device, or the code in `c2ser.emotion2vec`. While one batch is computed the next one is read;
    whatever the size of the set, no more than three are in memory.

    Args:
        model: a trained encoder.
        data_dir: has ``wav.scp``, one file an utterance, and, to spare a look at each file, ``utt2num_samples``.
        output_dir: where the scp goes.
        level: ``utterance`` for the tokens (10, D), ``frame`` for the frames (T, D).
        batch_samples: samples of a batch, padding counted.
        ark: the file of the features; by default beside the scp. Its journal stays beside it, see `resumable_ark`.

    Returns:
        The scp file, which is written last.

    Raises:
        InputError: audio cannot be used or is too long (names file, line, utterance), or another call writes this ark.
    """
    audio = _Audio(data_dir)
    batches = list(length_batches({utt: file.samples for utt, file in audio.files.items()}, batch_samples))
    scp = Path(output_dir) / f"{NAMES[level]}.scp"
    ark = os.path.abspath(ark or scp.with_suffix(".ark"))
    with resumable_ark(ark, _computation(model, level), batches, audio.key) as features:
        scp.unlink(missing_ok=True)
        _extract_missing(model, audio, batches, features, PARTS_OF_OUTPUT[level])
    starts = zip(chain.from_iterable(batches), chain.from_iterable(features.starts), strict=True)
    write_table(scp, {utt: f"{ark}:{start}" for utt, start in starts})
    return scp


class _Batch(NamedTuple):
    utterances: Sequence[str]
    key: str
    waveforms: list[np.ndarray]


class _Audio:
    """The audio of a data directory, batch by batch."""

    def __init__(self, data_dir: str | Path):
        self.data_dir = Path(data_dir)
        self.files = utterance_files(data_dir)
        for utt, file in self.files.items():
            if file.samples > MAX_SECONDS * SAMPLE_RATE:
                length = f"{file.samples / SAMPLE_RATE:.0f} s; an utterance has at most {MAX_SECONDS} s"
                raise InputError(f"{self._where(utt)}: {length}, cut it into several")

    def key(self, utterances: Sequence[str]) -> str:
        """Names what a batch is made from: utterances, paths, lengths; sizes and times of change of the files."""
        digest = hashlib.sha256()
        for utt in utterances:
            file = self.files[utt]
            try:
                status = os.stat(file.path)
            except OSError as error:
                raise InputError(f"{self._where(utt)}: {file.path}: {error.strerror}; correct wav.scp") from None
            digest.update(repr((utt, file.path, file.samples, status.st_size, status.st_mtime_ns)).encode())
        return digest.hexdigest()

    def load(self, utterances: Sequence[str]) -> _Batch:
        """Reads the files of a batch; its key is of the time before, so that a change meanwhile is noticed later."""
        return _Batch(utterances, self.key(utterances), [self._waveform(utt) for utt in utterances])

    def _waveform(self, utt: str) -> np.ndarray:
        try:
            return read_audio(self.files[utt].path)
        except InputError as error:
            raise InputError(f"{self._where(utt)}: {error}") from error

    def _where(self, utt: str) -> str:
        return f"{self.data_dir / 'wav.scp'}:{self.files[utt].line}: '{utt}'"


def _extract_missing(
    model: Emotion2Vec, audio: _Audio, batches: list[list[str]], features: ResumableArk, part: str
) -> None:
    """Appends the batches that the ark lacks."""
    num_there = sum(map(len, features.starts))
    missing = batches[len(features.starts) :]
    samples, started = 0, time.monotonic()
    with tqdm(
        total=len(audio.files), initial=num_there, desc=str(audio.data_dir), unit="utt", disable=None
    ) as progress:
        for batch in load_ahead(audio.load, missing):
            matrices = [outputs[part] for outputs in model.extract(batch.waveforms)]
            features.append(batch.key, dict(zip(batch.utterances, matrices, strict=True)))
            samples += sum(map(len, batch.waveforms))
            progress.update(len(batch.utterances))
    speech, elapsed = samples / SAMPLE_RATE, time.monotonic() - started
    message = "%s: %d utterances, %.2f h of audio, in %.1f s: %.1f times real time; %d more were there already"
    extracted = len(audio.files) - num_there
    logging.info(message, audio.data_dir, extracted, speech / 3600, elapsed, speech / elapsed, num_there)


def _computation(model: Emotion2Vec, level: str) -> str:
    """Names what makes features from waveforms."""
    return computation_digest((level, model.encoder.config), sorted(Path(__file__).parent.glob("*.py")), model)
