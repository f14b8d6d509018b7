"""Transcripts of a data directory by a recogniser, kept apart from those of the corpus."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from c2ser.data.fingerprint import fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.journal import open_journal
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.location import AudioLocation
from c2ser.data.names import SEGMENTS, TEXT, TEXT_ASR, UTT2LANG, UTT2LANG_ASR, WAV_SCP
from c2ser.data.skipped import Skipped
from c2ser.data.tables import read_table, read_table_if_there, write_table
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.errors import InputError
from c2ser.transcription.transcriber import CHUNK, Transcriber, Transcript

logger = logging.getLogger(__name__)


def transcribe_data_dir(
    load: Callable[[], Transcriber],
    data_dir: str | Path,
    *,
    output_dir: str | Path,
    journal: str | Path,
    batch_size: int,
    language: str | None = None,
    skip_bad: bool = False,
    allow_pipe: bool = False,
    max_seconds: float = MAX_SECONDS,
) -> None:
    """Writes ``text_asr`` and ``utt2lang_asr`` for the utterances that have no line in ``text``.

    ``text_asr`` has a line for each of them in which words are heard, and ``utt2lang_asr`` for each of these whose
    language ``utt2lang`` does not state. A table that would be empty is not there.

    The same call after an interruption goes on, and ends with the bytes of a call that was never interrupted. Finished
    utterances are done again where their audio (file, its size and time of change, segment), the language asked for,
    the model, its type or device, or the code has changed. Only a few batches of audio are in memory at a time.

    Args:
        load: returns the recogniser; not called where all utterances have transcripts.
        data_dir: any data directory.
        output_dir: where the tables go; may be ``data_dir``.
        journal: file of finished utterances, see `open_journal`.
        batch_size: utterances of a batch; one longer than 30 s counts as several.
        language: of all utterances, ISO 639-1; by default that of ``utt2lang``, or what the model detects.
        skip_bad: leave out utterances whose audio cannot be used, with a warning each.
        allow_pipe: run entries of ``wav.scp`` that are a command and ``|``.
        max_seconds: longer utterances cannot be used.

    Raises:
        InputError: audio cannot be used and ``skip_bad`` is not set, the model does not know a language, a table is
            faulty, or another call writes this journal.

    Example:
        >>> load = partial(Transcriber.load, "openai/whisper-base")  # doctest: +SKIP
        >>> transcribe_data_dir(load, "data/a", output_dir="data/a", journal="data/a/asr/1.jsonl", batch_size=16)
        ...  # doctest: +SKIP
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    known = read_table_if_there(data_dir / UTT2LANG)
    languages = {utt: language or known.get(utt) for utt in _without_text(data_dir)}
    transcripts: dict[str, Transcript] = {}
    if languages:
        transcriber = load()
        _check_languages(languages, transcriber, data_dir)
        computation = transcriber.computation()
        audio = UtteranceAudio(
            data_dir, languages, skipped=Skipped(allowed=skip_bad), allow_pipe=allow_pipe, max_seconds=max_seconds
        )

        def key(utt: str, stamp: tuple) -> str:
            return fingerprint(computation, languages[utt], utt, stamp)

        def transcribe(batch: AudioBatch) -> Sequence[Transcript]:
            return transcriber.transcribe(batch.waveforms, [languages[utt] for utt in batch.utterances])

        with open_journal(journal, utterance_keys(audio, key)) as finished:
            batches = window_batches(audio, batch_size)
            resumable_map(transcribe, audio, batches=batches, store=finished, key=key, title=f"{data_dir} transcribed")
        transcripts = {utt: Transcript(*values) for utt, values in finished.done.items()}
        audio.skipped.report(output_dir, num_utterances=len(languages))
    texts = {utt: transcript.text for utt, transcript in transcripts.items() if transcript.text}
    _write(output_dir / TEXT_ASR, texts)
    _write(output_dir / UTT2LANG_ASR, {utt: transcripts[utt].language for utt in texts if utt not in known})
    logger.info("%s: %d utterances without a transcript, words heard in %d", data_dir, len(languages), len(texts))


def window_batches(audio: UtteranceAudio, batch_size: int) -> Iterator[list[str]]:
    """Yields batches of utterances, in their order, that have ``batch_size`` windows of 30 s or slightly more.

    What a command writes has no known length, and counts as one window.

    Raises:
        InputError: as `UtteranceAudio.num_samples`.
    """
    batch: list[str] = []
    num_windows = 0
    for utt, entry in audio.entries.items():
        length = 1 if AudioLocation.parse(entry.value).is_pipe else audio.num_samples(utt)
        if length is None:
            continue
        batch.append(utt)
        num_windows += -(-length // CHUNK)
        if num_windows >= batch_size:
            yield batch
            batch, num_windows = [], 0
    if batch:
        yield batch


def _without_text(data_dir: Path) -> list[str]:
    utts = read_table(data_dir / (SEGMENTS if (data_dir / SEGMENTS).exists() else WAV_SCP))
    texts = read_table_if_there(data_dir / TEXT)
    return [utt for utt in utts if utt not in texts]


def _check_languages(languages: Mapping[str, str | None], transcriber: Transcriber, data_dir: Path) -> None:
    for utt, language in languages.items():
        if language is not None and language not in transcriber.languages:
            known = ", ".join(sorted(transcriber.languages))
            raise InputError(f"{data_dir}: '{utt}': the model does not know language '{language}', but {known}")


def _write(path: Path, table: Mapping[str, str]) -> None:
    if table:
        write_table(path, table)
    else:
        path.unlink(missing_ok=True)
