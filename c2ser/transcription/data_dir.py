"""Transcripts of a data directory by a recogniser, kept apart from those of the corpus."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import repeat, takewhile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from c2ser.data.audio import SAMPLE_RATE, utterance_audio
from c2ser.data.batches import load_ahead
from c2ser.data.tables import read_table, read_table_if_there, write_table
from c2ser.errors import InputError
from c2ser.transcription.journal import Journal, open_journal
from c2ser.transcription.transcriber import CHUNK, Transcriber, Transcript

Batch = dict[str, np.ndarray]


def transcribe_data_dir(
    load: Callable[[], Transcriber],
    data_dir: str | Path,
    output_dir: str | Path,
    journal: str | Path,
    batch_size: int,
    language: str | None = None,
    skip_bad: bool = False,
    allow_pipe: bool = False,
) -> None:
    """Writes ``text_asr`` and ``utt2lang_asr`` for the utterances that have no line in ``text``.

    ``text_asr`` has a line for each of them in which words are heard, and ``utt2lang_asr`` for each of these whose
    language ``utt2lang`` does not tell. A table that would be empty is not there.

    The same call after an interruption goes on, and ends with the bytes of a call that was never interrupted. Finished
    utterances are done again where their audio (file, its size and time of change, segment), the language asked for,
    the model, its type or device, or the code has changed. Only a few batches of audio are in memory at a time.

    Args:
        load: returns the recogniser; not called where all utterances have transcripts.
        data_dir: any data directory.
        output_dir: where the tables go; may be ``data_dir``.
        journal: the file of finished utterances, see `open_journal`.
        batch_size: utterances of a batch; one longer than 30 s counts as several.
        language: of all utterances, ISO 639-1; by default that of ``utt2lang``, or what the model detects.
        skip_bad: leave out utterances whose audio cannot be used, with a warning each.
        allow_pipe: run entries of ``wav.scp`` that are a command and ``|``.

    Raises:
        InputError: audio cannot be used and ``skip_bad`` is not set, the model does not know a language, a table is
            faulty, or another call writes this journal.
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    known = read_table_if_there(data_dir / "utt2lang")
    languages = {utt: language or known.get(utt) for utt in _without_text(data_dir)}
    transcripts: Mapping[str, Transcript] = {}
    if languages:
        transcriber = load()
        _check_languages(languages, transcriber, data_dir)
        with open_journal(journal, _keys(data_dir, languages, transcriber)) as finished:
            _transcribe_missing(transcriber, data_dir, languages, finished, batch_size, skip_bad, allow_pipe)
        transcripts = finished.transcripts
    texts = {utt: transcript.text for utt, transcript in transcripts.items() if transcript.text}
    _write(output_dir / "text_asr", texts)
    _write(output_dir / "utt2lang_asr", {utt: transcripts[utt].language for utt in texts if utt not in known})
    logging.info("%s: %d utterances without a transcript, words heard in %d", data_dir, len(languages), len(texts))


def _without_text(data_dir: Path) -> list[str]:
    utts = read_table(data_dir / ("segments" if (data_dir / "segments").exists() else "wav.scp"))
    texts = read_table_if_there(data_dir / "text")
    return [utt for utt in utts if utt not in texts]


def _check_languages(languages: Mapping[str, str | None], transcriber: Transcriber, data_dir: Path) -> None:
    for utt, language in languages.items():
        if language is not None and language not in transcriber.languages:
            known = ", ".join(sorted(transcriber.languages))
            raise InputError(f"{data_dir}: '{utt}': the model knows no language '{language}', but {known}")


def _keys(data_dir: Path, languages: Mapping[str, str | None], transcriber: Transcriber) -> dict[str, str]:
    """Names what the transcript of each utterance is made from."""
    segments = read_table_if_there(data_dir / "segments")
    entries, computation = read_table(data_dir / "wav.scp"), transcriber.computation()
    keys = {}
    for utt, language in languages.items():
        segment = segments.get(utt)
        entry = entries.get(segment.split()[0] if segment else utt)
        audio = (entry, segment, _status(entry))
        keys[utt] = hashlib.sha256(repr((computation, language, audio)).encode()).hexdigest()
    return keys


def _status(path: str | None) -> tuple[int, int] | None:
    """Returns a file's size and time of change; None of what cannot be read, as reading will tell, or is a pipe."""
    try:
        status = os.stat(path or "")
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _transcribe_missing(
    transcriber: Transcriber,
    data_dir: Path,
    languages: Mapping[str, str | None],
    finished: Journal,
    batch_size: int,
    skip_bad: bool,
    allow_pipe: bool,
) -> None:
    """Adds the utterances that the journal lacks to it."""
    num_there = len(finished.transcripts)
    logging.info("%s: %d of %d utterances are done already", data_dir, num_there, len(languages))
    bad: list[str] | None = [] if skip_bad else None
    audio = utterance_audio(data_dir, bad, allow_pipe, languages.keys() - finished.transcripts.keys())
    samples, started = 0, time.monotonic()
    with tqdm(total=len(languages), initial=num_there, desc=str(data_dir), unit="utt", disable=None) as progress:
        for batch in _read_ahead(_batches(audio, batch_size)):
            wanted = [languages[utt] for utt in batch]
            finished.append(dict(zip(batch, transcriber.transcribe(list(batch.values()), wanted), strict=True)))
            samples += sum(map(len, batch.values()))
            progress.update(len(batch))
    for message in bad or ():
        logging.warning("skipped: %s", message)
    speech, elapsed = samples / SAMPLE_RATE, time.monotonic() - started
    logging.info(
        "%s: %.2f h of audio in %.1f s: %.1f times real time", data_dir, speech / 3600, elapsed, speech / elapsed
    )


def _batches(audio: Iterable[tuple[str, np.ndarray]], batch_size: int) -> Iterator[Batch]:
    """Takes utterances in their order until they have ``batch_size`` windows of 30 s.

    So a call that goes on after an interruption makes the batches that it would have made without.
    """
    batch, num_windows = {}, 0
    for utt, waveform in audio:
        batch[utt] = waveform
        num_windows += -(-len(waveform) // CHUNK)
        if num_windows >= batch_size:
            yield batch
            batch, num_windows = {}, 0
    if batch:
        yield batch


def _read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yields the batches, while a thread reads the one after."""
    ahead = load_ahead(lambda _: next(batches, None), repeat(None))
    yield from takewhile(lambda batch: batch is not None, ahead)


def _write(path: Path, table: Mapping[str, str]) -> None:
    if table:
        write_table(path, table)
    else:
        path.unlink(missing_ok=True)
