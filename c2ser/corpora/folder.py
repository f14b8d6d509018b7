"""A corpus of yours: audio in folders that are named for emotions, or listed in a table.

What there is decides how it is read, and the log says so:

- ``SOURCE_DIR/<train|dev|test>/<speaker>/<emotion>/<name>.<wav, flac, mp3, ...>``
- ``SOURCE_DIR/<speaker>/<emotion>/<name>.<...>``, which is divided by speakers
- ``SOURCE_DIR/<emotion>/<name>.<...>``, where speakers are not known, which is divided by utterances
- a TSV or CSV file in ``SOURCE_DIR``, or as ``SOURCE_DIR``; see `c2ser.corpora.common.listing`

The transcript of an utterance is beside its audio in ``<name>.txt``, where there is one, or in the table. Emotions are
named in English, as in the vocabulary (happy) or by a common word for it (happiness, joy), or by words that a map of
labels explains.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Source
from c2ser.corpora.common.labels import EXPLAIN, LabelCounts, find_label, is_label
from c2ser.corpora.common.listed_audio import ListedAudio, open_listing
from c2ser.corpora.common.listing import SUFFIXES
from c2ser.corpora.common.transcript_files import read_transcript
from c2ser.data.audio_files import audio_files
from c2ser.data.utterance import Utterance
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SETS = ("train", "dev", "test")
LAYOUTS = "<speaker>/<emotion>/<name>.wav, <emotion>/<name>.wav or <train|dev|test>/<speaker>/<emotion>/<name>.wav"


def read(source_dir: Path, *sets: str, words: Mapping[str, str | None] | None = None) -> Iterator[Utterance]:
    """Yields the utterances of a folder that is divided into sets; their ids are ``<speaker>-<emotion>-<name>``.

    Args:
        source_dir: the folder that holds the sets.
        sets: names of `SETS`; by default those that are there.
        words: what emotions mean that are not English words, or None for labels that are left out.

    Raises:
        InputError: a set has no audio, a file is in another place, or an emotion is unknown or has no audio.
    """
    for name in sets or _sets_in(source_dir) or SETS:
        yield from read_undivided(source_dir / name, has_speakers=True, words=words)


def read_undivided(
    source_dir: Path, has_speakers: bool, *, words: Mapping[str, str | None] | None = None
) -> Iterator[Utterance]:
    """Yields the utterances of a folder that is not divided into sets.

    Args:
        source_dir: the folder that holds the speakers, or else the emotions.
        has_speakers: whether folders of emotions are in folders of speakers; without, each utterance is its own.
        words: what emotions mean that are not English words, or None for labels that are left out.

    Raises:
        InputError: as `read`.
    """
    words = words or {}
    labels, unknown = LabelCounts(), LabelCounts()
    for wav in audio_files(source_dir):
        speaker, label = _speaker_and_label(wav, source_dir, has_speakers)
        emotion = find_label(label, words)
        counts = labels if is_label(label, words) else unknown
        counts.add(label, emotion, renamed=label.casefold() in words)
        if emotion is not None:
            utt = "-".join(filter(None, (speaker, "_".join(label.split()), "_".join(wav.stem.split()))))
            yield Utterance(utt, wav, speaker or utt, emotion, read_transcript(wav))
    if unknown.total:
        raise InputError(
            f"{source_dir}: unknown emotions: {unknown.left_out_labels()}; rename these folders to"
            f" {', '.join(EMOTIONS)}, or move them elsewhere, or {EXPLAIN}"
        )
    if not labels.total:
        raise InputError(f"{source_dir}: no audio; put it there as <speaker>/<emotion>/<name>.wav")
    _check_emotions_have_audio(source_dir, labels.emotions, words)
    labels.report(source_dir)


def open_folder(source: Source) -> Corpus:
    """Finds out how a folder is laid out.

    Args:
        source: its ``folder``, which may be a table, and the ``words`` of its user.

    Returns:
        The corpus with the sets and protocols that the layout allows.

    Raises:
        InputError: there is no audio, no such layout, or the table has faults.

    Example:
        >>> open_folder(Source(Path("my_corpus"))).protocols  # doctest: +SKIP
        {'speakers': 1, 'utterances': 1}
    """
    folder, words = source.folder, source.words
    table = _find_table(folder)
    if table is not None:
        return _listed(open_listing(table, words))
    if sets := _sets_in(folder):
        logger.info("%s: read as <%s>/<speaker>/<emotion>/<name>", folder, "|".join(sets))
        return replace(
            CORPUS, read=partial(read, words=words), words=_labels_in(folder, words), **_divided(folder, sets)
        )
    first = next(audio_files(folder), None)
    if first is None:
        fault = "no audio" if folder.is_dir() else "no such folder"
        where = folder.absolute()  # a recipe's relative paths are those of its own folder, which is easily overlooked
        raise InputError(f"{where}: {fault}; put it there as {LAYOUTS}, or give a TSV or CSV file that lists it")
    has_speakers = len(first.relative_to(folder).parts) > 2
    logger.info("%s: read as %s<emotion>/<name>", folder, "<speaker>/" if has_speakers else "")
    read_folder = partial(read_undivided, has_speakers=has_speakers, words=words)
    return replace(CORPUS, read=read_folder, words=_labels_in(folder, words), **_undivided(folder, has_speakers))


def _labels_in(folder: Path, words: Mapping[str, str | None]) -> frozenset[str]:
    """The labels of a folder, which the words of a map are compared with; without words no file is looked at."""
    return frozenset(wav.parent.name for wav in audio_files(folder)) if words else frozenset()


def _sets_in(folder: Path) -> tuple[str, ...]:
    return tuple(name for name in SETS if (folder / name).is_dir())


def _find_table(folder: Path) -> Path | None:
    if folder.is_file():
        return folder
    tables = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if len(tables) > 1:
        named = ", ".join(path.name for path in tables)
        raise InputError(f"{folder}: several tables, {named}; give the one that lists the audio as --source_dir")
    return tables[0] if tables else None


def _listed(listed: ListedAudio) -> Corpus:
    logger.info("%s: read as a table", listed.path)
    corpus = replace(CORPUS, read=partial(_read_listed, listed), words=listed.labels)
    if listed.sets:
        return replace(corpus, **_divided(listed.path, listed.sets))
    return replace(corpus, **_undivided(listed.path, listed.has_speakers))


def _read_listed(listed: ListedAudio, _: Path, *sets: str) -> Iterator[Utterance]:
    return listed.read(*sets)


def _divided(path: Path, sets: tuple[str, ...]) -> dict:
    if lacking := [name for name in ("train", "test") if name not in sets]:
        raise InputError(f"{path}: has {' and '.join(sets)}, but no {lacking[0]}; add it, or take the division away")
    return {"sets": sets}


def _undivided(path: Path, has_speakers: bool) -> dict:
    """Returns how an undivided corpus can be divided; by speakers first, where they are known."""
    if has_speakers:
        return {"sets": (), "protocols": {"speakers": 1, "utterances": 1}}
    logger.warning(
        "%s: the speakers are not known, so it is divided by utterances: train and test share speakers, and figures are"
        " optimistic; name the speakers by folders or in the column speaker if you can",
        path,
    )
    return {"sets": (), "protocols": {"utterances": 1}}


def _speaker_and_label(wav: Path, folder: Path, has_speakers: bool) -> tuple[str | None, str]:
    parts = wav.relative_to(folder).parts
    if has_speakers and len(parts) < 3:
        raise InputError(f"{wav}: not in <speaker>/<emotion>/ below {folder}; move the file")
    if not has_speakers and len(parts) != 2:
        raise InputError(f"{wav}: not in <emotion>/ below {folder}, as other files are; move the file")
    return "_".join(parts[-3].split()) if has_speakers else None, parts[-2]


def _check_emotions_have_audio(folder: Path, emotions: set[str], words: Mapping[str, str | None]) -> None:
    """Refuses folders that are named for an emotion of which there is no audio in any of them."""
    for path in sorted(folder.rglob("*")):
        emotion = find_label(path.name, words) if path.is_dir() else None
        if emotion is not None and emotion not in emotions:
            raise InputError(f"{path}: no audio of '{emotion}'; put some there, or delete the folder")


CORPUS = Corpus(
    name="folder",
    title="A corpus of yours: audio in folders by emotion, or a table that lists it",
    paper="that of the corpus",
    licence="that of the corpus",
    access=f"audio on disk, below SOURCE_DIR as {LAYOUTS}, or a TSV or CSV file with a row per file",
    url="",
    languages=(),
    read=read,
    sets=SETS,
    protocols={"official": 1},
    open=open_folder,
)
