"""Writes the data directories of a corpus from EmoBox's metadata."""

import logging
from pathlib import Path

from c2ser.corpora.emobox.metadata import corpus_dir
from c2ser.corpora.emobox.sets import hold_out_dev, label_set, read_sets
from c2ser.data.data_dir import DataDir
from c2ser.data.names import LABEL_SET
from c2ser.data.overlaps import log_shared_speakers
from c2ser.data.writing import write_emotions

logger = logging.getLogger(__name__)


def import_fold(
    metadata_dir: Path,
    audio_dir: Path,
    *,
    output_dir: Path,
    fold: int | None = None,
    dev_fraction: float = 0.0,
    skip_bad: bool = False,
) -> None:
    """Writes ``all``, or of one fold ``train``, ``dev`` and ``test``, and the label set beside them, ``emotions``.

    The log says which of the sets have speakers in common.

    Args:
        metadata_dir: EmoBox's ``data/<name>``.
        audio_dir: the corpus's own folder.
        output_dir: receives the sets.
        fold: from 1; by default the whole corpus.
        dev_fraction: fraction of train's utterances of each emotion that become the dev set of a fold that has none.
        skip_bad: leave out utterances whose audio is missing, and duplicates.

    Raises:
        InputError: a list is missing or faulty, or audio is missing.
    """
    metadata_dir = corpus_dir(metadata_dir)
    sets = hold_out_dev(read_sets(metadata_dir, audio_dir, fold=fold, skip_bad=skip_bad), dev_fraction)
    emotions = label_set(metadata_dir, sets)
    for name, utterances in sets.items():
        count = DataDir(output_dir / name).write(utterances, emotions, corpus=metadata_dir.name)
        logger.info("%s: %d utterances of %s", output_dir / name, count, metadata_dir.name)
    write_emotions(output_dir / LABEL_SET, emotions)
    log_shared_speakers([output_dir / name for name in ("train", "dev", "test") if name in sets])
