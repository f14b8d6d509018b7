"""Writes the data directories of a corpus: one set, or train, dev and test by one of its protocols."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus
from c2ser.corpora.common.download import download_archive
from c2ser.corpora.emobox.importing import import_fold
from c2ser.data.data_dir import DataDir
from c2ser.data.names import LABEL_SET, UTT2SPK
from c2ser.data.splits import leave_one_speaker_out
from c2ser.data.utterance import Utterance
from c2ser.data.writing import write_emotions
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

EMOBOX_SITE = "https://github.com/emo-box/EmoBox"


@dataclass(frozen=True)
class Division:
    """How a corpus is divided into train, dev and test.

    Attributes:
        protocol: a key of `Corpus.protocols`.
        fold: from 1.
        emobox_dir: a copy of EmoBox, for the protocol ``emobox``.
        dev_fraction: fraction of train's utterances of each emotion that become the dev set of an EmoBox fold that has
            none.
        skip_bad: leave out utterances of an EmoBox fold whose audio is missing.
    """

    protocol: str
    fold: int = 1
    emobox_dir: Path | None = None
    dev_fraction: float = 0.1
    skip_bad: bool = False


def download(corpus: Corpus, target: Path) -> None:
    """Downloads a corpus into a folder, unless it is there.

    Raises:
        InputError: the corpus has no public download, or it cannot be had.
    """
    if corpus.archive is None:
        source = f"get it from {corpus.url}" if corpus.url else "see where it comes from"
        raise InputError(f"{corpus.name}: cannot be downloaded automatically; {source} ({corpus.access})")
    folder = corpus.archive.folder
    download_archive(
        corpus.archive, target, by_hand=f"get it from {corpus.url} and put its folder {folder}/ into {target}"
    )


def prepare_set(
    corpus: Corpus, source_dir: Path, *, output_dir: Path, sets: Iterable[str] = (), language: str | None = None
) -> None:
    """Writes a data directory, and the label set beside it.

    Args:
        corpus: what to read.
        source_dir: the corpus's folder.
        output_dir: the data directory.
        sets: names of the corpus's own sets; by default all.
        language: ISO 639-1, of utterances whose language the corpus does not tell.

    Raises:
        InputError: the corpus cannot be read.
    """
    found = _write_set(corpus, source_dir, output_dir=output_dir, sets=sets, language=language)
    write_emotions(output_dir.parent / LABEL_SET, corpus.emotions or found)


def prepare_sets(
    corpus: Corpus, source_dir: Path, *, data_dir: Path, division: Division, language: str | None = None
) -> None:
    """Writes ``train``, ``dev``, ``test`` and the label set, ``emotions``, of a corpus.

    Args:
        corpus: what to read.
        source_dir: the corpus's folder.
        data_dir: receives them; with the protocol ``official`` all sets of the corpus, with ``loso`` also ``all``.
        division: what goes into which set.
        language: ISO 639-1, of utterances whose language the corpus does not tell.

    Raises:
        InputError: the corpus has no such protocol or fold, or cannot be read.
    """
    folds = corpus.protocols.get(division.protocol)
    if folds is None:
        known = ", ".join(corpus.protocols) or "none"
        raise InputError(f"{corpus.name}: no protocol '{division.protocol}'; it has {known}")
    if not 1 <= division.fold <= folds:
        raise InputError(f"{corpus.name}: no fold {division.fold} of {division.protocol}; there are {folds}")
    if division.protocol == "emobox":
        _prepare_emobox(corpus, source_dir, data_dir, division)
    elif division.protocol == "loso":
        prepare_set(corpus, source_dir, output_dir=data_dir / "all", language=language)
        whole = DataDir(data_dir / "all")
        for name, utterances in leave_one_speaker_out(whole.read(UTT2SPK), division.fold).items():
            whole.subset(data_dir / name, utterances)
            logger.info("%s: %d utterances of %s", data_dir / name, len(utterances), corpus.name)
    else:
        found: set[str] = set()
        for name in corpus.sets:
            found |= _write_set(corpus, source_dir, output_dir=data_dir / name, sets=[name], language=language)
        write_emotions(data_dir / LABEL_SET, corpus.emotions or found)


def _prepare_emobox(corpus: Corpus, source_dir: Path, data_dir: Path, division: Division) -> None:
    metadata_dir = (division.emobox_dir or Path("EmoBox")) / "data" / corpus.name
    if division.emobox_dir is None or not metadata_dir.is_dir():
        raise InputError(
            f"{metadata_dir}: no such folder; the protocol emobox needs a copy of {EMOBOX_SITE} that has it"
            " (--emobox_dir)"
        )
    import_fold(
        metadata_dir,
        source_dir,
        output_dir=data_dir,
        fold=division.fold,
        dev_fraction=division.dev_fraction,
        skip_bad=division.skip_bad,
    )


def _write_set(
    corpus: Corpus, source_dir: Path, *, output_dir: Path, sets: Iterable[str], language: str | None
) -> set[str]:
    """Writes a data directory and returns the emotions in it."""
    if corpus.read is None:
        raise InputError(
            f"{corpus.name}: read by means of EmoBox's metadata only; use python -m c2ser.bin.import_emobox"
            f" --metadata_dir EmoBox/data/{corpus.name}"
        )
    found: set[str] = set()
    utterances = _noted(corpus.read(source_dir, *sets), language, found)
    count = DataDir(output_dir).write(utterances, corpus.emotions or tuple(EMOTIONS))
    logger.info("%s: %d utterances of %s", output_dir, count, corpus.name)
    return found


def _noted(utterances: Iterable[Utterance], language: str | None, found: set[str]) -> Iterator[Utterance]:
    for utterance in utterances:
        if utterance.emotion is not None:
            found.add(utterance.emotion)
        yield utterance if utterance.language else replace(utterance, language=language)
