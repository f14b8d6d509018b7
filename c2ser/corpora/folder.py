"""Any corpus that is laid out as ``SOURCE_DIR/<train|dev|test>/<speaker>/<emotion>/<name>.<wav, flac, mp3, ...>``.

The transcript of an utterance is beside its audio in ``<name>.txt``, where there is one. Emotions are named in English,
as in the vocabulary (happy) or by a common word for it (happiness, joy). Names have no spaces.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus
from c2ser.corpora.common.files import audio_files, read_transcript
from c2ser.corpora.common.labels import LabelCounts, find_label
from c2ser.data.utterance import Utterance
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SETS = ("train", "dev", "test")


def read(source_dir: Path, *sets: str) -> Iterator[Utterance]:
    """Yields the utterances of a folder, whose ids are ``<speaker>-<emotion>-<name>``.

    Args:
        source_dir: the folder that holds the sets.
        sets: names of `SETS`; by default all.

    Raises:
        InputError: a set has no audio, a file is in another place, a name has spaces, or an emotion is unknown.
    """
    for name in sets or SETS:
        yield from _read_set(source_dir / name)


def _read_set(folder: Path) -> Iterator[Utterance]:
    labels = LabelCounts()
    for wav in audio_files(folder):
        speaker, label = _speaker_and_label(wav, folder)
        emotion = find_label(label, CORPUS.labels)
        labels.add(label, emotion)
        if emotion is not None:
            yield Utterance(f"{speaker}-{label}-{wav.stem}", wav, speaker, emotion, read_transcript(wav))
    if labels.left_out:
        raise InputError(
            f"{folder}: unknown emotions: {labels.left_out_labels()}; rename these folders to {', '.join(EMOTIONS)}, or"
            " move them elsewhere"
        )
    if not labels.total:
        raise InputError(f"{folder}: no audio; put it there as <speaker>/<emotion>/<name>.wav")
    for line in labels.merged_labels():
        logger.info("%s: %s", folder, line)


def _speaker_and_label(wav: Path, folder: Path) -> tuple[str, str]:
    parts = wav.relative_to(folder).parts
    if len(parts) < 3:
        raise InputError(f"{wav}: not in <speaker>/<emotion>/ below {folder}; move the file")
    for part in (*parts[-3:-1], wav.stem):
        if len(part.split()) != 1 or part != part.strip():
            raise InputError(f"{wav}: '{part}' has a space; use letters, digits, '-' and '_' in names")
    return parts[-3], parts[-2]


CORPUS = Corpus(
    name="folder",
    title="Audio in folders by set, speaker and emotion",
    paper="that of the corpus",
    licence="that of the corpus",
    access="audio on disk, as SOURCE_DIR/<train|dev|test>/<speaker>/<emotion>/<name>.wav",
    url="",
    languages=(),
    read=read,
    sets=SETS,
    protocols={"official": 1},
)
