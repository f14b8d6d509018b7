"""Which of EmoBox's folds have speakers in train and in test: a table of all corpora whose metadata is at hand."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from c2ser.corpora.emobox.metadata import fold_numbers
from c2ser.corpora.emobox.sets import listed_sets
from c2ser.data.overlaps import Overlap, find_overlaps
from c2ser.data.speakers import known_speaker
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

HEADER = ("corpus", "folds", "speakers", "of test", "shared with train", "test utterances by speakers of train, %")


@dataclass(frozen=True)
class CorpusOverlap:
    """What the folds of a corpus share.

    Attributes:
        corpus: EmoBox's name of it.
        speakers: how many there are in all; None where no speaker is known.
        folds: number of the fold -> what test has of train's speakers.
    """

    corpus: str
    speakers: int | None
    folds: dict[int, Overlap]

    def as_json(self) -> dict:
        """Returns it as JSON has it."""
        folds = {
            str(number): {name: value for name, value in asdict(overlap).items() if name != "examples"}
            | {"status": overlap.status, "share": round(overlap.share, 4)}
            for number, overlap in self.folds.items()
        }
        return {"corpus": self.corpus, "speakers": self.speakers, "folds": folds}

    def cells(self) -> list[str]:
        """Returns the row of `HEADER`; figures of several folds are separated by spaces where they differ."""
        folds = self.folds.values()
        return [
            self.corpus,
            str(len(self.folds)),
            "unknown" if self.speakers is None else str(self.speakers),
            _joined(overlap.values if overlap.total else "-" for overlap in folds),
            _joined(overlap.status.removesuffix(" shared").replace("apart", "0") for overlap in folds),
            _joined("-" if overlap.status == "unknown" else f"{100 * overlap.share:.1f}" for overlap in folds),
        ]


def read_overlaps(metadata_dir: Path) -> list[CorpusOverlap]:
    """Compares the speakers of train and test in all folds of all corpora.

    Speakers are those that c2ser finds in paths and names of files; no audio is needed. Corpora without the lists of a
    fold are left out, and named in the log.

    Args:
        metadata_dir: EmoBox's ``data``, or the folder of one corpus in it.

    Returns:
        One entry per corpus, by name.

    Raises:
        InputError: there is no fold, or a list is faulty.

    Example:
        >>> [found.corpus for found in read_overlaps(Path("EmoBox/data"))]  # doctest: +SKIP
        ['aesdd', 'ased', ...]
    """
    single = fold_numbers(metadata_dir)
    folders = [metadata_dir] if single else sorted(path for path in metadata_dir.glob("*") if path.is_dir())
    found = [overlap for folder in folders if (overlap := _corpus_overlap(folder))]
    if not found:
        raise InputError(f"{metadata_dir}: no corpus with lists of train and test; give EmoBox's folder data")
    return found


def _corpus_overlap(folder: Path) -> CorpusOverlap | None:
    folds: dict[int, Overlap] = {}
    speakers: set[str] = set()
    for number in fold_numbers(folder):
        columns = {name: list(_speakers(rows)) for name, rows in listed_sets(folder, fold=number).items()}
        speakers |= {speaker for column in columns.values() for _, speaker in column if speaker is not None}
        if {"train", "test"} <= columns.keys():
            folds[number] = find_overlaps(columns)["train", "test"]
    if not folds:
        logger.info("%s: left out, no fold has lists of train and test", folder)
        return None
    return CorpusOverlap(folder.name, len(speakers) or None, folds)


def _speakers(utterances: Sequence) -> Iterator[tuple[str, str | None]]:
    return ((utterance.id, known_speaker(utterance.id, utterance.speaker)) for utterance in utterances)


def _joined(figures) -> str:
    texts = [str(figure) for figure in figures]
    return texts[0] if len(set(texts)) == 1 else " ".join(texts)
