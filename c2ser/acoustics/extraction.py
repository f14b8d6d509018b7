"""A data directory becomes one of 16 kHz mono audio, with durations and acoustic attributes."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from c2ser.acoustics.attributes import measure_attributes
from c2ser.data.audio import SAMPLE_RATE, resample
from c2ser.data.audio_hash import audio_hash
from c2ser.data.audio_store import AudioStore, audio_store, describe_audio, forget_lost_audio
from c2ser.data.batches import consecutive
from c2ser.data.data_dir import DataDir
from c2ser.data.decode import Recording
from c2ser.data.fingerprint import files_fingerprint, fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.journal import open_journal
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.names import (
    ATTRIBUTE_REASONS,
    ATTRIBUTES,
    FLAC,
    SEGMENTS,
    UTT2AUDIO_HASH,
    UTT2DUR,
    UTT2NUM_SAMPLES,
    UTT2SPK,
    WAV_SCP,
)
from c2ser.data.skipped import Skipped
from c2ser.data.staging import staged_directory
from c2ser.data.tables import read_table, write_table
from c2ser.data.transcripts import read_languages, read_texts
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

BATCH = 4  # utterances that are read and stored together: as fast as many, and an interrupted call loses no more


class Measured(NamedTuple):
    """What is stored per utterance, as the tables' values.

    Attributes:
        wav: where its audio at 16 kHz is.
        seconds: its duration.
        num_samples: its length at 16 kHz.
        attributes: pitch, loudness and rate.
        reasons: why some of them are undefined; empty where none is.
        audio_hash: of the audio as it is read, see `c2ser.data.audio_hash.audio_hash`.
    """

    wav: str
    seconds: str
    num_samples: int
    attributes: str
    reasons: str
    audio_hash: str


def extract_attributes(
    data_dir: str | Path,
    output_dir: str | Path,
    *,
    audio_dir: str | Path | None = None,
    audio_format: str = FLAC,
    journal: str | Path | None = None,
    skip_bad: bool = False,
    allow_pipe: bool = False,
    pitch_extractor: str = "praat",
    max_seconds: float = MAX_SECONDS,
) -> int:
    """Reads each utterance once and writes a data directory of its audio, length and attributes.

    Attributes are measured at the recordings' own sampling rates. ``output_dir`` gets all tables of ``data_dir`` but
    ``segments``, and ``utt2dur`` (seconds), ``utt2num_samples``, ``utt2audio_hash`` (by which copies are found),
    ``attributes`` and, of utterances that lack one of them, ``attribute_reasons`` (``<name>: <reason>``, joined by
    ``; ``), which the log counts.

    Its ``wav.scp`` comes last and has one file per utterance: the source's where that is 16-bit mono WAV or FLAC at
    16 kHz, otherwise a new FLAC; or places in a few arks, see `c2ser.data.shards`. An interrupted call leaves no
    ``wav.scp`` that could be taken for complete; the same call then goes on, and ends with the bytes of a call that was
    never interrupted.

    Args:
        data_dir: any data directory.
        output_dir: another folder.
        audio_dir: where new audio goes; by default ``output_dir/audio``.
        audio_format: ``flac``, or ``flac.ark`` for arks of many utterances, which are named after the journal.
        journal: file of finished utterances, see `open_journal`; by default ``output_dir/measured/1.jsonl``.
        skip_bad: leave out utterances whose audio is missing or cannot be used, and list them in the table ``skipped``.
        allow_pipe: run entries of ``wav.scp`` that are a command and ``|``.
        pitch_extractor: ``praat`` or ``world``, see `c2ser.acoustics.pitch.mean_f0`.
        max_seconds: longer utterances cannot be used.

    Returns:
        The number of utterances written.

    Raises:
        InputError: audio is missing or cannot be used and ``skip_bad`` is not set, or a table is faulty.

    Example:
        >>> extract_attributes("data/test", "dump/test", skip_bad=True)  # doctest: +SKIP
        74
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    audio_dir = Path(audio_dir or output_dir / "audio")
    journal = Path(journal or output_dir / "measured" / "1.jsonl")
    if data_dir.resolve() == output_dir.resolve():
        raise InputError(f"{output_dir}: the output is the data directory itself; name another folder")
    (output_dir / WAV_SCP).unlink(missing_ok=True)
    utts = read_table(data_dir / UTT2SPK)
    audio = UtteranceAudio(
        data_dir, utts, skipped=Skipped(allowed=skip_bad), allow_pipe=allow_pipe, max_seconds=max_seconds
    )
    texts, languages = read_texts(data_dir), read_languages(data_dir)
    code = files_fingerprint(sorted(Path(__file__).parent.glob("*.py")))

    def key(utt: str, stamp: tuple) -> str:
        settings = (pitch_extractor, str(audio_dir), audio_format)
        return fingerprint(utt, stamp, texts.get(utt), languages.get(utt), *settings, code)

    def measure(batch: AudioBatch) -> Sequence[Measured]:
        measure_one = partial(measure_attributes, pitch_extractor=pitch_extractor)
        return [
            _measure(measure_one, recording, texts.get(utt), languages.get(utt), partial(_store, new_audio, audio, utt))
            for utt, recording in zip(batch.utterances, batch.recordings, strict=True)
        ]

    with ExitStack() as stack:
        finished = stack.enter_context(open_journal(journal, utterance_keys(audio, key)))
        forget_lost_audio(finished.done)
        stored = {utt: wav for utt, (wav, *_) in finished.done.items()}
        options = {"name": journal.stem, "utterances": audio.entries, "stored": stored}
        new_audio = stack.enter_context(audio_store(audio_format, audio_dir, **options))
        batches = consecutive(audio.entries, BATCH)
        resumable_map(measure, audio, batches=batches, store=finished, key=key, title=str(data_dir), native_rate=True)
    measured = {utt: Measured(*values) for utt, values in finished.done.items()}
    _write(data_dir, output_dir, measured)
    _log_reasons(measured)
    logger.info("%s: its audio is %s", output_dir, describe_audio(values.wav for values in measured.values()))
    audio.skipped.report(output_dir, num_utterances=len(utts))
    return len(measured)


def _measure(
    measure: Callable, recording: Recording, text: str | None, language: str | None, store: Callable[[np.ndarray], str]
) -> Measured:
    """Measures one utterance and stores its audio."""
    attributes, reasons = measure(recording.samples, recording.sample_rate, text=text, language=language)
    waveform = resample(recording.samples, recording.sample_rate)
    return Measured(
        wav=store(waveform),
        seconds=f"{len(waveform) / SAMPLE_RATE:.4f}",
        num_samples=len(waveform),
        attributes=str(attributes),
        reasons="; ".join(f"{name}: {reason}" for name, reason in reasons.items()),
        audio_hash=audio_hash(recording.samples),
    )


def _store(new_audio: AudioStore, audio: UtteranceAudio, utt: str, waveform: np.ndarray) -> str:
    return new_audio.store(utt, waveform, source=audio.source(utt))


def _write(data_dir: Path, output_dir: Path, measured: Mapping[str, Measured]) -> None:
    """Writes the new data directory, ``wav.scp`` last."""
    fields = {
        WAV_SCP: "wav",
        UTT2DUR: "seconds",
        UTT2NUM_SAMPLES: "num_samples",
        UTT2AUDIO_HASH: "audio_hash",
        ATTRIBUTES: "attributes",
    }
    with staged_directory(output_dir) as folder:
        DataDir(data_dir).subset(folder, measured.keys())
        (folder / SEGMENTS).unlink(missing_ok=True)
        for name, field in fields.items():
            write_table(folder / name, {utt: getattr(values, field) for utt, values in measured.items()})
        reasons = {utt: values.reasons for utt, values in measured.items() if values.reasons}
        write_table(folder / ATTRIBUTE_REASONS, reasons)


def _log_reasons(measured: Mapping[str, Measured]) -> None:
    lines: Iterable[str] = (values.reasons for values in measured.values() if values.reasons)
    reasons = Counter(reason for line in lines for reason in line.split("; "))
    for reason, count in sorted(reasons.items()):
        logger.warning("%d of %d utterances have no %s", count, len(measured), reason)
