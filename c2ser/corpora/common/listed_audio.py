"""The utterances that a TSV or CSV file lists; it is checked as a whole before any of them is read."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from c2ser.corpora.common.labels import EXPLAIN, LabelCounts, find_label, is_label
from c2ser.corpora.common.listing import SETS, Row, read_listing
from c2ser.data.utterance import Utterance
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import is_language_code

logger = logging.getLogger(__name__)

SEXES = {"m": "m", "male": "m", "f": "f", "female": "f"}
ALL_OR_NONE = ("speaker", "split")  # columns that are filled in all rows, or in none


@dataclass(frozen=True)
class ListedAudio:
    """A table whose rows are sound.

    Attributes:
        path: the table; its paths are relative to its folder.
        sets: those that its column ``split`` names, of train, dev and test in this order; empty without a split.
        has_speakers: whether its column ``speaker`` is filled.
        labels: its emotions as it writes them.
        words: what those mean that are not English words, or None for labels that are left out.
    """

    path: Path
    sets: tuple[str, ...]
    has_speakers: bool
    labels: frozenset[str] = frozenset()
    words: Mapping[str, str | None] = field(default_factory=dict)

    def read(self, *sets: str) -> Iterator[Utterance]:
        """Yields the utterances of some sets, by default of all, whose ids are ``<speaker>-<path without suffix>``.

        Raises:
            InputError: the table has changed, or cannot be read.
        """
        for row in read_listing(self.path):
            if (not sets or _set_of(row) in sets) and not self._is_left_out(row.values["emotion"]):
                yield self._utterance(row.values)

    def _is_left_out(self, label: str) -> bool:
        return is_label(label, self.words) and find_label(label, self.words) is None

    def _utterance(self, values: Mapping[str, str]) -> Utterance:
        name, speaker = audio_id(self.path, values["path"]), "_".join(values.get("speaker", "").split())
        utt = f"{speaker}-{name}" if speaker else name
        return Utterance(
            id=utt,
            wav=audio_path(self.path, values["path"]),
            speaker=speaker or utt,
            emotion=find_label(values["emotion"], self.words),
            text=values.get("text") or None,
            language=values.get("language", "").lower() or None,
            gender=SEXES.get(values.get("sex", "").lower()),
        )


def audio_path(table: Path, value: str) -> Path:
    """Returns the file that a row names; backslashes separate folders, too, unless there is such a file.

    Example:
        >>> audio_path(Path("corpus/list.csv"), r"ann\\1.wav")
        PosixPath('corpus/ann/1.wav')
    """
    path = table.parent / value
    return path if "\\" not in value or path.exists() else table.parent / PureWindowsPath(value).as_posix()


def audio_id(table: Path, value: str) -> str:
    """Returns the path of a row's file as one word, relative to the table's folder where it is below it.

    Example:
        >>> audio_id(Path("corpus/list.csv"), "ann/take 1.wav")
        'ann-take_1'
    """
    path = audio_path(table, value)
    below = path.relative_to(table.parent) if path.is_relative_to(table.parent) else path
    parts = [part for part in below.with_suffix("").parts if part not in ("/", "..")]
    return "_".join("-".join(parts).split())


def open_listing(path: Path, words: Mapping[str, str | None] | None = None) -> ListedAudio:
    """Checks all rows of a table.

    Args:
        path: TSV or CSV, see `c2ser.corpora.common.listing`.
        words: what emotions mean that are not English words, or None for labels that are left out.

    Raises:
        InputError: an emotion, set, sex or language is unknown, a file is missing or listed twice, or a column is
            filled in some rows only; names the first such row and counts the others.

    Example:
        >>> open_listing(Path("corpus/list.tsv")).sets  # doctest: +SKIP
        ('train', 'dev', 'test')
    """
    survey = _Survey(path, words or {})
    for row in read_listing(path):
        survey.add(row)
    return survey.result()


class _Survey:
    """Collects what is wrong with the rows, the first row of each fault, and what they have."""

    def __init__(self, path: Path, words: Mapping[str, str | None]):
        self.path = path
        self.words = words
        self.num_rows = 0
        self.faults: Counter[str] = Counter()  # fault, without its row -> rows
        self.first: dict[str, str] = {}  # fault -> its first row and what is wrong there
        self.lines: dict[str, str] = {}  # id -> row
        self.filled = dict.fromkeys(ALL_OR_NONE, 0)
        self.unfilled: dict[str, str] = {}  # column -> first row without a value
        self.sets: set[str] = set()
        self.labels = LabelCounts()

    def add(self, row: Row) -> None:
        self.num_rows += 1
        self._check_values(row)
        self._check_file(row)
        for name in ALL_OR_NONE:
            if row.values.get(name):
                self.filled[name] += 1
            else:
                self.unfilled.setdefault(name, row.where)

    def _fault(self, kind: str, row: Row, what: str) -> None:
        self.faults[kind] += 1
        self.first.setdefault(kind, f"{row.where}: {what}")

    def _check_values(self, row: Row) -> None:
        label, name = row.values["emotion"], row.values.get("split", "")
        language, sex = row.values.get("language", ""), row.values.get("sex", "")
        if label:
            self.labels.add(label, find_label(label, self.words), renamed=label.casefold() in self.words)
        if label and not is_label(label, self.words):
            known = f"{', '.join(EMOTIONS)}, and common words for them"
            self._fault("label", row, f"unknown emotion '{label}'; known are {known}; {EXPLAIN}")
        if name and _set_of(row) is None:
            self._fault("split", row, f"unknown set '{name}'; known are {', '.join(SETS)}")
        elif name:
            self.sets.add(_set_of(row))
        if language and not is_language_code(language.lower()):
            self._fault("language", row, f"language '{language}' is not a code of ISO 639-1, such as en")
        if sex and sex.lower() not in SEXES:
            self._fault("sex", row, f"sex '{sex}' is not one of {', '.join(SEXES)}; leave it empty where it is unknown")

    def _check_file(self, row: Row) -> None:
        value = row.values["path"]
        if not value:
            self._fault("path", row, "no path")
            return
        wav, name = audio_path(self.path, value), audio_id(self.path, value)
        if not wav.is_file():
            self._fault("missing", row, f"no such file: {wav}")
        speaker = row.values.get("speaker", "")
        other = self.lines.setdefault(f"{speaker}-{name}", row.where)
        if other != row.where:
            self._fault("duplicate", row, f"'{value}' has the same name as the file in {other}; rename or remove one")

    def result(self) -> ListedAudio:
        """Returns the table, or raises the first fault."""
        if not self.num_rows:
            raise InputError(f"{self.path}:1: no rows after the first line; list a file per line")
        for kind, line in self.first.items():
            more = "" if self.faults[kind] == 1 else f" ({self.faults[kind]} of {self.num_rows} rows are like this)"
            raise InputError(line + more)
        for name, count in self.filled.items():
            if 0 < count < self.num_rows:
                raise InputError(
                    f"{self.unfilled[name]}: no {name}, which {count} of {self.num_rows} rows have; fill it in all of"
                    " them, or in none"
                )
        self.labels.report(self.path)
        if unlabelled := self.num_rows - self.labels.total:
            logger.warning("%s: %d of %d rows have no emotion, so are unlabelled", self.path, unlabelled, self.num_rows)
        ordered = tuple(name for name in dict.fromkeys(SETS.values()) if name in self.sets)
        return ListedAudio(self.path, ordered, self.filled["speaker"] > 0, self.labels.labels, self.words)


def _set_of(row: Row) -> str | None:
    return SETS.get(row.values.get("split", "").casefold())
