"""Features of a data directory with Emotion2Vec-S, as kaldiio ark and scp."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from c2ser.checkpoints.fingerprint import computation_fingerprint
from c2ser.data.batches import audio_batches
from c2ser.data.fingerprint import fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.names import EMOTION2VEC_FRAMES_SCP, EMOTION2VEC_SCP, WAV_SCP
from c2ser.data.provenance import Provenance, write_provenance
from c2ser.data.resumable_ark import resumable_ark
from c2ser.data.skipped import Skipped
from c2ser.data.tables import write_table
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.emotion2vec.model import Emotion2Vec
from c2ser.errors import InputError
from c2ser.version import __version__

TABLES = {"utterance": EMOTION2VEC_SCP, "frame": EMOTION2VEC_FRAMES_SCP}
PARTS_OF_OUTPUT = {"utterance": "utterance", "frame": "frames"}


def extract_features(
    model: Emotion2Vec,
    data_dir: str | Path,
    *,
    output_dir: str | Path,
    level: str,
    batch_samples: int,
    ark: str | Path | None = None,
    skip_bad: bool = False,
    max_seconds: float = MAX_SECONDS,
) -> Path:
    """Writes ``emotion2vec_s.scp``, or with ``level`` frame ``emotion2vec_s_frames.scp``, and its ark, float32.

    Beside the scp, ``emotion2vec_s.json`` says which encoder the features are of, see `c2ser.data.provenance`.

    The same call after an interruption keeps the batches that are there and extracts the others; on the same machine it
    ends with the bytes of a call that was never interrupted. Where audio files changed meanwhile, their batch and those
    after it are extracted again; all are where they changed after the call was finished, and after a change of the
    model, its type or device, or the code in `c2ser.emotion2vec`. While one batch is computed the next one is read;
    whatever the size of the set, no more than three are in memory.

    Args:
        model: a trained encoder.
        data_dir: has ``wav.scp`` and, to spare a look at each file, ``utt2num_samples``.
        output_dir: where the scp goes.
        level: ``utterance`` for the tokens (10, D), ``frame`` for the frames (T, D).
        batch_samples: samples of a batch, padding included.
        ark: the file of the features; by default beside the scp. Its journal stays beside it, see `resumable_ark`.
        skip_bad: leave out utterances whose audio cannot be used, and list them in the table ``skipped``.
        max_seconds: longer utterances cannot be used.

    Returns:
        The scp file, which is written last.

    Raises:
        InputError: there is no utterance, audio cannot be used or is too long (names file, line, utterance), or another
            call writes this ark.

    Example:
        >>> model = Emotion2Vec.from_pretrained("exp/emotion2vec_s")  # doctest: +SKIP
        >>> extract_features(model, "dump/test", output_dir="dump/test", level="utterance", batch_samples=960000)
        ...  # doctest: +SKIP
        PosixPath('dump/test/emotion2vec_s.scp')
    """
    audio = UtteranceAudio(data_dir, skipped=Skipped(allowed=skip_bad), max_seconds=max_seconds)
    num_utterances = len(audio.entries)
    if num_utterances == 0:
        raise InputError(f"{audio.data_dir / WAV_SCP}: the set is empty; prepare it again")
    batches = list(audio_batches(audio, batch_samples))
    scp = Path(output_dir) / TABLES[level]
    ark = os.path.abspath(ark or scp.with_suffix(".ark"))
    key = partial(fingerprint, _computation(model, level))
    with resumable_ark(ark, utterance_keys(audio, key)) as features:
        scp.unlink(missing_ok=True)
        write_provenance(scp, feature_provenance(model, level))
        extract = partial(_extract, model, PARTS_OF_OUTPUT[level])
        resumable_map(extract, audio, batches=batches, store=features, key=key, title=str(data_dir))
    write_table(scp, {utt: f"{ark}:{start}" for utt, (start, _) in features.done.items()})
    audio.skipped.report(output_dir, num_utterances=num_utterances)
    return scp


def _extract(model: Emotion2Vec, part: str, batch: AudioBatch) -> Sequence[np.ndarray]:
    return [outputs[part] for outputs in model.extract(batch.waveforms, max_seconds=None, batch_samples=None)]


def feature_provenance(model: Emotion2Vec, level: str) -> Provenance:
    """Returns the note of features that a model computes.

    Args:
        model: the encoder.
        level: ``utterance`` or ``frame``.

    Example:
        >>> feature_provenance(Emotion2Vec.from_pretrained("exp/emotion2vec_s"), "utterance").dtype  # doctest: +SKIP
        'float32'
    """
    dtype = str(model.encoder.utterance_tokens.dtype).removeprefix("torch.")
    return Provenance(model.fingerprint(), level, dtype, model=model.name, version=__version__)


def _computation(model: Emotion2Vec, level: str) -> str:
    """Names what makes features from waveforms."""
    code = sorted(Path(__file__).parent.glob("*.py"))
    return computation_fingerprint(model, level, model.encoder.config, code=code)
