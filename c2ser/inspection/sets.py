"""Data directories as arrays with one row per utterance: what the page counts, draws and warns about."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from c2ser.acoustics.attributes import parse_attributes
from c2ser.acoustics.levels import ATTRIBUTES, LEVELS, UNKNOWN, parse_levels
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import count_lines, parse_positive
from c2ser.data.utterance import GENDERS
from c2ser.data.votes import clear_majority, entropy, parse_votes
from c2ser.emotions import EMOTIONS, parse_emotion
from c2ser.errors import InputError

LEVEL_WORDS = (*LEVELS, UNKNOWN)
UNLABELLED = "unlabelled"
NONE = -1  # the code of an utterance that has no value


@dataclass(frozen=True)
class Categories:
    """Values of which there are few different ones: an utterance's is ``names[code]``, none where it is `NONE`."""

    codes: np.ndarray
    names: Sequence[str]

    def counts(self, rows: np.ndarray | slice = slice(None)) -> dict[str, int]:
        """Counts the utterances of each value among ``rows``, in the order of ``names``."""
        found = self.codes[rows]
        return dict(zip(self.names, np.bincount(found[found != NONE], minlength=len(self.names)).tolist()))

    def value(self, row: int) -> str | None:
        """Returns the value of one utterance."""
        return None if self.codes[row] == NONE else self.names[self.codes[row]]


@dataclass(frozen=True)
class DataSet:
    """One data directory. What has no table is None; arrays have one row per utterance (N).

    Attributes:
        name: its name on the page.
        directory: where it is.
        utterances: ids, sorted; the order of the rows.
        audio: (N,) int64, equal for the same audio, whatever its file, where all sets have hashes of it, otherwise for
            the same stretch of the same file. Comparable within this process only.
        speaker: of each utterance.
        gender: one of `GENDERS`, by speaker.
        emotion: one of `EMOTIONS`.
        language: from ``utt2lang``, or ``utt2lang_asr`` where that has no line, as in the recipe.
        heard_language: of ``utt2lang_asr``.
        has_text, has_heard_text: (N,) bool, whether there is a line in ``text``, in ``text_asr``.
        durations: (N,) seconds, nan where unknown.
        attributes: (N, 3) of `ATTRIBUTES`, nan where undefined.
        levels: (N, 3) places in `LEVEL_WORDS`.
        reasons: (attribute, why it is undefined) -> utterances.
        votes: (N, 2), the place in `EMOTIONS` of the emotion that has a clear majority of the listeners' votes, `NONE`
            without one, and the entropy of the votes in bits; nan for utterances without votes.
        targets: whether ``explicit`` exists, which build_cot writes.
        pseudo_labels: the report of pseudo_label, as text.
        rewriting: counts of the rewriting of rationales.
    """

    name: str
    directory: Path
    utterances: list[str]
    audio: np.ndarray
    speaker: Categories
    gender: Categories
    emotion: Categories
    language: Categories | None
    heard_language: Categories | None
    has_text: np.ndarray | None
    has_heard_text: np.ndarray | None
    durations: np.ndarray | None
    attributes: np.ndarray | None
    levels: np.ndarray | None
    reasons: Mapping[tuple[str, str], int] | None
    votes: np.ndarray | None
    targets: bool
    pseudo_labels: str | None
    rewriting: Mapping[str, object] | None

    @property
    def by_emotion(self) -> dict[str, np.ndarray]:
        """The rows of each emotion that there is, in the order of the vocabulary, and last of `UNLABELLED`."""
        codes = {emotion: code for code, emotion in enumerate(self.emotion.names)} | {UNLABELLED: NONE}
        rows = {emotion: np.flatnonzero(self.emotion.codes == code) for emotion, code in codes.items()}
        return {emotion: found for emotion, found in rows.items() if found.size}

    @property
    def knows_speakers(self) -> bool:
        """Whether there are speakers of several utterances; where they are not known each utterance is its own."""
        return len(self.speaker.names) < len(self.utterances)

    @property
    def emotions_of_speakers(self) -> np.ndarray:
        """(speakers, emotions) labelled utterances."""
        counts = np.zeros((len(self.speaker.names), len(self.emotion.names)), np.int64)
        labelled = self.emotion.codes != NONE
        np.add.at(counts, (self.speaker.codes[labelled], self.emotion.codes[labelled]), 1)
        return counts

    @property
    def without_words(self) -> np.ndarray:
        """(N,) bool: no transcript, neither the corpus's nor a recogniser's."""
        known = [column for column in (self.has_text, self.has_heard_text) if column is not None]
        return ~np.logical_or.reduce(known) if known else np.ones(len(self.utterances), bool)


def read_data_sets(directories: Sequence[str | Path]) -> list[DataSet]:
    """Reads data directories of any stage.

    They are named by their last part, or by the whole path where two would have the same name. One that is given twice,
    such as a development set that is tested on too, is read once.

    Raises:
        InputError: a directory has no utterances, or a table is faulty.
    """
    paths = {Path(directory).resolve(): Path(directory) for directory in directories}
    short = [place.name for place in paths]
    titles = short if len(set(short)) == len(short) else map(str, paths.values())
    hashed = all(DataDir(path).has(names.UTT2AUDIO_HASH) for path in paths.values())
    return [_read_data_set(path, title, by_content=hashed) for path, title in zip(paths.values(), titles)]


def _read_data_set(directory: Path, name: str, *, by_content: bool) -> DataSet:
    data = DataDir(directory)
    for table in (names.UTT2SPK, names.WAV_SCP):
        if not data.has(table):
            raise InputError(f"{directory}: not a complete data directory, {table} is missing; prepare it again")
    if len(data) == 0:
        raise InputError(f"{directory}: the set is empty; prepare it again")
    speaker = _categories(data, names.UTT2SPK)
    language, heard_language = _categories(data, names.UTT2LANG), _categories(data, names.UTT2LANG_ASR)
    report = directory / "report.txt"
    return DataSet(
        name=name,
        directory=directory,
        utterances=list(data.utterances()),
        audio=_audio_content(data) if by_content else _audio_places(data),
        speaker=speaker,
        gender=_genders(data, speaker),
        emotion=_emotions(data),
        language=_filled(language, heard_language),
        heard_language=heard_language,
        has_text=_present(data, names.TEXT),
        has_heard_text=_present(data, names.TEXT_ASR),
        durations=_numbers(data, names.UTT2DUR, parse_positive, math.nan),
        attributes=_numbers(data, names.ATTRIBUTES, parse_attributes, (math.nan,) * len(ATTRIBUTES)),
        levels=_levels(data),
        reasons=_reasons(data),
        votes=_numbers(data, names.UTT2VOTES, _agreement, (math.nan, math.nan)),
        targets=data.has(names.EXPLICIT),
        pseudo_labels=report.read_text(encoding="utf-8", errors="replace") if report.is_file() else None,
        rewriting=_json(directory / "rewriting.json"),
    )


def _values(data: DataDir, table: str, parse: Callable[[str], Any] = str) -> Iterator[Any]:
    """Yields the value of each utterance, None where the table does not have it.

    Raises:
        InputError: a value cannot be parsed, or the table has other utterances.
    """
    known = 0
    for _, value in data.iterate(optional=[table], parsers={table: parse}):
        known += value is not None
        yield value
    if known < count_lines(data.table(table)):
        raise InputError(
            f"{data.table(table)}: has utterances that {names.UTT2SPK} does not have; validate_data_dir names them"
        )


def _categories(data: DataDir, table: str) -> Categories | None:
    if not data.has(table):
        return None
    places: dict[str | None, int] = {None: NONE}
    codes = np.fromiter((places.setdefault(value, len(places) - 1) for value in _values(data, table)), np.int32)
    return Categories(codes, [name for name in places if name is not None])


def _filled(first: Categories | None, second: Categories | None) -> Categories | None:
    """Takes the second's value where the first has none."""
    if first is None or second is None:
        return first or second
    merged = list(dict.fromkeys([*first.names, *second.names]))
    places = np.array([*map(merged.index, second.names), NONE])
    return Categories(np.where(first.codes != NONE, first.codes, places[second.codes]), merged)


def _genders(data: DataDir, speaker: Categories) -> Categories:
    genders = data.read_optional(names.SPK2GENDER)
    places = [GENDERS.index(gender) if (gender := genders.get(name)) in GENDERS else NONE for name in speaker.names]
    return Categories(np.array(places)[speaker.codes], GENDERS)


def _emotions(data: DataDir) -> Categories:
    vocabulary = list(EMOTIONS)
    if not data.has(names.UTT2EMO):
        return Categories(np.full(len(data), NONE, np.int32), vocabulary)
    places = {emotion: place for place, emotion in enumerate(vocabulary)} | {None: NONE}
    return Categories(np.fromiter(map(places.get, _values(data, names.UTT2EMO, parse_emotion)), np.int32), vocabulary)


def _present(data: DataDir, table: str) -> np.ndarray | None:
    return np.fromiter(map(bool, _values(data, table)), bool) if data.has(table) else None


def _numbers(data: DataDir, table: str, parse: Callable[[str], Any], missing: Any) -> np.ndarray | None:
    """Returns (N,) or (N, columns) numbers; ``missing`` stands for utterances without a line."""
    if not data.has(table):
        return None
    values = (missing if value is None else value for value in _values(data, table, parse))
    return np.fromiter(values, (np.float64, np.shape(missing)))


def _agreement(value: str) -> tuple[float, float]:
    """Parses votes; see `DataSet.votes`."""
    votes = parse_votes(value)
    majority = clear_majority(votes)
    return NONE if majority is None else EMOTIONS.index(majority), entropy(votes)


def _levels(data: DataDir) -> np.ndarray | None:
    if not data.has(names.ATTRIBUTE_LEVELS):
        return None
    unknown = (UNKNOWN,) * len(ATTRIBUTES)
    rows = (map(LEVEL_WORDS.index, words or unknown) for words in _values(data, names.ATTRIBUTE_LEVELS, parse_levels))
    return np.fromiter(map(tuple, rows), (np.int8, len(ATTRIBUTES)))


def _reasons(data: DataDir) -> Counter[tuple[str, str]] | None:
    """Counts the reasons of lines such as ``<utt> pitch: no voiced frame; rate: no transcript``."""
    if not data.has(names.ATTRIBUTE_REASONS):
        return None
    counts: Counter[tuple[str, str]] = Counter()
    for value in _values(data, names.ATTRIBUTE_REASONS):
        for part in (value or "").split(";"):
            attribute, _, reason = part.partition(":")
            if attribute:
                counts[attribute.strip(), reason.strip()] += 1
    return counts


def _audio_content(data: DataDir) -> np.ndarray:
    """Returns a number for each utterance's audio, the same for the same samples."""
    hashes = data.iterate(optional=[names.UTT2AUDIO_HASH])
    return np.fromiter((hash(value or ("no hash", utterance)) for utterance, value in hashes), np.int64)


def _audio_places(data: DataDir) -> np.ndarray:
    """Returns a number for each utterance's audio, the same for the same stretch of the same file."""
    rows = data.iterate(names.WAV_SCP, optional=[names.SEGMENTS])
    times = ((entry, *(segment or "").split()[1:]) for _, entry, segment in rows)
    return np.fromiter(map(hash, times), np.int64)


def _json(path: Path) -> dict | None:
    if not path.is_file():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); rewrite the rationales again") from None
    if not isinstance(read, dict):
        raise InputError(f"{path}: not a JSON object; rewrite the rationales again")
    return read
