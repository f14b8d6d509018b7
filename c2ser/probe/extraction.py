"""One vector per utterance of a data directory, kept as ark and scp so that no encoder runs twice."""

import logging
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from c2ser.data.batches import audio_batches
from c2ser.data.fingerprint import fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.names import UTT2EMO, VECTORS_SCP
from c2ser.data.resumable_ark import ResumableArk, resumable_ark
from c2ser.data.skipped import Skipped
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.encoders.utterance import UtteranceEncoder
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


def extract_vectors(
    load: Callable[[], UtteranceEncoder],
    origin: str,
    *,
    data_dir: str | Path,
    output_dir: str | Path,
    batch_samples: int,
    utterances: Collection[str] | None = None,
    skip_bad: bool = False,
    max_seconds: float = MAX_SECONDS,
) -> Path:
    """Writes the vectors of utterances as ``vectors.scp`` and ``vectors.ark``; returns the absolute path of the scp.

    Vectors that are there already, of the same encoder and audio, are kept, also those of a call that was interrupted.

    Args:
        load: loads the encoder; not called where all vectors are there.
        origin: fingerprint of what the vectors depend on besides the audio, such as `model_files_fingerprint`.
        data_dir: has ``wav.scp``, ``utt2emo`` and, where utterances are parts of recordings, ``segments``.
        output_dir: where the files go.
        batch_samples: samples of a batch, padding included.
        utterances: those to encode; by default the labelled ones.
        skip_bad: leave out utterances whose audio cannot be used, and list them in the table ``skipped``.
        max_seconds: longer utterances cannot be used.

    Raises:
        InputError: there is no utterance, or audio of one is missing or cannot be used.

    Example:
        >>> load = partial(load_encoder, "microsoft/wavlm-base")  # doctest: +SKIP
        >>> origin = model_files_fingerprint("microsoft/wavlm-base")  # doctest: +SKIP
        >>> extract_vectors(load, origin, data_dir="data/all", output_dir="exp/probe", batch_samples=960000)
        ...  # doctest: +SKIP
        PosixPath('/home/anna/exp/probe/vectors.scp')
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir).resolve()
    if utterances is None:
        utterances = read_table(data_dir / UTT2EMO).keys()
    if not utterances:
        raise InputError(f"{data_dir / UTT2EMO}: no labelled utterance; a probe needs labels")
    audio = UtteranceAudio(data_dir, utterances, skipped=Skipped(allowed=skip_bad), max_seconds=max_seconds)
    scp = output_dir / VECTORS_SCP
    ark = scp.with_suffix(".ark")
    key = partial(fingerprint, origin)
    with resumable_ark(ark, utterance_keys(audio, key)) as vectors:
        scp.unlink(missing_ok=True)
        if audio.entries.keys() <= vectors.done.keys():
            logger.info("%s: vectors of this encoder and audio are there already", scp)
        else:
            _encode_missing(load(), audio, vectors, batch_samples=batch_samples, key=key)
    write_table(scp, {utt: f"{ark}:{start}" for utt, (start, _) in vectors.done.items()})
    audio.skipped.report(output_dir, num_utterances=len(utterances))
    return scp


def _encode_missing(
    encoder: UtteranceEncoder,
    audio: UtteranceAudio,
    vectors: ResumableArk,
    *,
    batch_samples: int,
    key: Callable[[str, tuple], str],
) -> None:
    def encode(batch: AudioBatch):
        return encoder.encode(batch.waveforms)

    batches = audio_batches(audio, batch_samples, equal_lengths=not encoder.pads)
    resumable_map(encode, audio, batches=batches, store=vectors, key=key, title=f"{audio.data_dir} encoded")
