"""A data directory becomes one whose audio is stored in another way: in arks, or a file per utterance."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from c2ser.data.audio_store import audio_store, describe_audio, forget_lost_audio
from c2ser.data.batches import consecutive
from c2ser.data.data_dir import DataDir
from c2ser.data.fingerprint import fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.journal import open_journal
from c2ser.data.names import FLAC_ARK, SEGMENTS, WAV_SCP
from c2ser.data.skipped import Skipped
from c2ser.data.staging import staged_directory
from c2ser.data.tables import write_table
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

BATCH = 16  # utterances that are read and stored together


def copy_audio(
    data_dir: str | Path,
    output_dir: str | Path,
    *,
    audio_format: str = FLAC_ARK,
    audio_dir: str | Path | None = None,
    journal: str | Path | None = None,
    skip_bad: bool = False,
) -> int:
    """Copies a data directory and the audio of its utterances, at 16 kHz and 16 bits; all samples are read on the way.

    Audio that has these already keeps its samples, and FLAC its bytes. Files that need no conversion stay where they
    are if files are wanted. An interrupted call goes on where it was, and ends with the bytes of one that was not.

    Args:
        data_dir: any data directory.
        output_dir: another folder, which gets all of its tables but ``segments``.
        audio_format: see `c2ser.data.audio_store.audio_store`.
        audio_dir: where the audio goes; by default ``output_dir/audio``.
        journal: file of finished utterances, see `open_journal`; by default ``output_dir/copied/1.jsonl``.
        skip_bad: leave out utterances whose audio cannot be used, and list them in the table ``skipped``.

    Returns:
        The number of utterances written.

    Raises:
        InputError: audio cannot be used and ``skip_bad`` is not set, or a table is faulty.

    Example:
        >>> copy_audio("dump/test", "sharded/test")  # doctest: +SKIP
        74
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    audio_dir, journal = Path(audio_dir or output_dir / "audio"), Path(journal or output_dir / "copied" / "1.jsonl")
    if data_dir.resolve() == output_dir.resolve():
        raise InputError(f"{output_dir}: the output is the data directory itself; name another folder")
    (output_dir / WAV_SCP).unlink(missing_ok=True)
    audio = UtteranceAudio(data_dir, skipped=Skipped(allowed=skip_bad))

    def key(utt: str, stamp: tuple) -> str:
        return fingerprint(utt, stamp, str(audio_dir), audio_format)

    def copy(batch: AudioBatch) -> Sequence[tuple[str]]:
        audios = zip(batch.utterances, batch.waveforms, strict=True)
        return [(copies.store(utt, waveform, source=audio.source(utt)),) for utt, waveform in audios]

    with ExitStack() as stack:
        finished = stack.enter_context(open_journal(journal, utterance_keys(audio, key)))
        forget_lost_audio(finished.done)
        stored = {utt: place for utt, (place,) in finished.done.items()}
        options = {"name": journal.stem, "utterances": audio.entries, "stored": stored}
        copies = stack.enter_context(audio_store(audio_format, audio_dir, **options))
        batches = consecutive(audio.entries, BATCH)
        resumable_map(copy, audio, batches=batches, store=finished, key=key, title=str(data_dir))
    places = {utt: place for utt, (place,) in finished.done.items()}
    with staged_directory(output_dir) as folder:
        DataDir(data_dir).subset(folder, places.keys())
        (folder / SEGMENTS).unlink(missing_ok=True)
        write_table(folder / WAV_SCP, places)
    audio.skipped.report(output_dir, num_utterances=len(audio.entries))
    logger.info("%s: %d utterances, whose audio is %s", output_dir, len(places), describe_audio(places.values()))
    return len(places)
