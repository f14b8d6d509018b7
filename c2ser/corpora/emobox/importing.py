"""Writes the data directories of a corpus from EmoBox's metadata."""

import logging
from collections.abc import Sequence
from pathlib import Path

from c2ser.corpora.emobox.metadata import corpus_dir, find_lists
from c2ser.corpora.emobox.sets import hold_out_dev, label_set, read_sets
from c2ser.data.data_dir import DataDir
from c2ser.data.label_maps import OWN, LabelMap
from c2ser.data.names import LABEL_SET
from c2ser.data.overlaps import log_shared_speakers
from c2ser.data.speakers import report_unknown_speakers
from c2ser.data.utterance import Utterance
from c2ser.data.writing import write_emotions
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


def import_fold(
    metadata_dir: Path,
    audio_dir: Path,
    *,
    output_dir: Path,
    fold: int | None = None,
    dev_fraction: float = 0.0,
    skip_bad: bool = False,
    label_map: LabelMap = OWN,
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
        label_map: which emotion a label becomes.

    Raises:
        InputError: a list is missing or faulty, a label is unknown, an emotion of the label set has no utterance to
            train on, audio is missing, or the map names a label that the corpus does not have.
    """
    metadata_dir = corpus_dir(metadata_dir)
    sets = read_sets(metadata_dir, audio_dir, fold=fold, skip_bad=skip_bad, label_map=label_map)
    sets = hold_out_dev(sets, dev_fraction)
    emotions = label_set(metadata_dir, sets, label_map=label_map)
    if "train" in sets:
        _check_classes(emotions, sets["train"], find_lists(metadata_dir, fold)["train"])
    for name, utterances in sets.items():
        count = DataDir(output_dir / name).write(utterances, emotions, corpus=metadata_dir.name)
        logger.info("%s: %d utterances of %s", output_dir / name, count, metadata_dir.name)
        report_unknown_speakers(output_dir / name)
    write_emotions(output_dir / LABEL_SET, emotions)
    log_shared_speakers([output_dir / name for name in ("train", "dev", "test") if name in sets])


def _check_classes(emotions: Sequence[str], train: Sequence[Utterance], path: Path) -> None:
    found = {utterance.emotion for utterance in train}
    for emotion in emotions:
        if emotion not in found:
            raise InputError(
                f"{path}: none of its {len(train)} utterances with an emotion is '{emotion}', which the label set has;"
                " get EmoBox again, or leave the emotion out by a file for --label_map (null)"
            )
