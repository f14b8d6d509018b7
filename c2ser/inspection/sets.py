"""Data directories as arrays, a row an utterance: what the page counts, draws and warns of."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from c2ser.acoustics.attributes import read_attributes
from c2ser.acoustics.levels import ATTRIBUTES, LEVELS, UNKNOWN
from c2ser.data.data_dir import GENDERS
from c2ser.data.tables import read_table, read_table_if_there, table_lines
from c2ser.emotions import EMOTIONS
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
    """One data directory. What has no table is None; arrays have a row an utterance.

    Attributes:
        name: how the page calls it.
        directory: where it is.
        utterances: ids, sorted; by place in it all else is found.
        audio: (N,) int64, equal for the same stretch of the same file. Comparable within this process only.
        speaker: of each utterance.
        gender: of `GENDERS`, by speaker.
        emotion: of all `EMOTIONS`.
        language: of ``utt2lang``, where that has no line of ``utt2lang_asr``, as the recipe takes it.
        heard_language: of ``utt2lang_asr``.
        has_text, has_heard_text: (N,) bool, whether there is a line in ``text``, in ``text_asr``.
        durations: (N,) seconds, nan where unknown.
        attributes: (N, 3) of `ATTRIBUTES`, nan where undefined.
        levels: (N, 3) places in `LEVEL_WORDS`.
        reasons: (attribute, why it is undefined) -> utterances.
        targets: whether stage 6 has written ``explicit``.
        pseudo_labels: the report of stage 3, as text.
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
    names = short if len(set(short)) == len(short) else map(str, paths.values())
    return [_read_data_set(path, name) for path, name in zip(paths.values(), names)]


def _read_data_set(directory: Path, name: str) -> DataSet:
    for table in ("utt2spk", "wav.scp"):
        if not (directory / table).is_file():
            raise InputError(f"{directory}: no whole data directory, {table} is missing; stages 1 and 2 make them")
    utt2spk = read_table(directory / "utt2spk")
    if not utt2spk:
        raise InputError(f"{directory}: the set is empty; prepare it again")
    rows = {utt: row for row, utt in enumerate(utt2spk)}
    speaker = _categories(directory / "utt2spk", rows)
    language, heard_language = (_categories(directory / table, rows) for table in ("utt2lang", "utt2lang_asr"))
    report = directory / "report.txt"
    return DataSet(
        name=name,
        directory=directory,
        utterances=list(utt2spk),
        audio=_audio(directory, rows),
        speaker=speaker,
        gender=_genders(directory / "spk2gender", speaker),
        emotion=_emotions(directory / "utt2emo", rows),
        language=_filled(language, heard_language),
        heard_language=heard_language,
        has_text=_present(directory / "text", rows),
        has_heard_text=_present(directory / "text_asr", rows),
        durations=_durations(directory / "utt2dur", rows),
        attributes=_attributes(directory / "attributes", rows),
        levels=_levels(directory / "attribute_levels", rows),
        reasons=_reasons(directory / "attribute_reasons", rows),
        targets=(directory / "explicit").is_file(),
        pseudo_labels=report.read_text(encoding="utf-8", errors="replace") if report.is_file() else None,
        rewriting=_json(directory / "rewriting.json"),
    )


def _rows(path: Path, rows: Mapping[str, int]) -> Iterator[tuple[int, int, str]]:
    """Yields (line number, row, value) of a table, which is never in memory as a whole."""
    for number, utt, value in table_lines(path):
        if utt not in rows:
            raise InputError(f"{path}:{number}: '{utt}' has no line in utt2spk; c2ser.bin.validate_data_dir names all")
        yield number, rows[utt], value


def _categories(path: Path, rows: Mapping[str, int]) -> Categories | None:
    if not path.exists():
        return None
    places: dict[str, int] = {}
    codes = np.full(len(rows), NONE, np.int32)
    for _, row, value in _rows(path, rows):
        codes[row] = places.setdefault(value, len(places))
    return Categories(codes, list(places))


def _filled(first: Categories | None, second: Categories | None) -> Categories | None:
    """Takes the second's value where the first has none."""
    if first is None or second is None:
        return first or second
    names = list(dict.fromkeys([*first.names, *second.names]))
    places = np.array([*map(names.index, second.names), NONE])
    return Categories(np.where(first.codes != NONE, first.codes, places[second.codes]), names)


def _genders(path: Path, speaker: Categories) -> Categories:
    genders = read_table_if_there(path)
    places = [GENDERS.index(gender) if (gender := genders.get(name)) in GENDERS else NONE for name in speaker.names]
    return Categories(np.array(places)[speaker.codes], GENDERS)


def _emotions(path: Path, rows: Mapping[str, int]) -> Categories:
    names = list(EMOTIONS)
    codes = np.full(len(rows), NONE, np.int32)
    if path.exists():
        for number, row, value in _rows(path, rows):
            if value not in EMOTIONS:
                raise InputError(f"{path}:{number}: unknown emotion '{value}'; known are {', '.join(names)}")
            codes[row] = names.index(value)
    return Categories(codes, names)


def _present(path: Path, rows: Mapping[str, int]) -> np.ndarray | None:
    if not path.exists():
        return None
    present = np.zeros(len(rows), bool)
    for _, row, value in _rows(path, rows):
        present[row] = bool(value)
    return present


def _durations(path: Path, rows: Mapping[str, int]) -> np.ndarray | None:
    if not path.exists():
        return None
    durations = np.full(len(rows), np.nan)
    for number, row, value in _rows(path, rows):
        try:
            durations[row] = float(value)
            if not 0 < durations[row] < math.inf:
                raise ValueError
        except ValueError:
            raise InputError(f"{path}:{number}: '{value}' is no duration in seconds; run stage 2 again") from None
    return durations


def _attributes(path: Path, rows: Mapping[str, int]) -> np.ndarray | None:
    if not path.exists():
        return None
    measured = read_attributes(path)
    attributes = np.full((len(rows), len(ATTRIBUTES)), np.nan)
    places = [rows.get(utt, NONE) for utt in measured]
    if NONE in places:
        raise InputError(f"{path}: has utterances that utt2spk has not; c2ser.bin.validate_data_dir names all")
    attributes[places] = np.fromiter(measured.values(), dtype=(np.float64, len(ATTRIBUTES)))
    return attributes


def _levels(path: Path, rows: Mapping[str, int]) -> np.ndarray | None:
    if not path.exists():
        return None
    levels = np.full((len(rows), len(ATTRIBUTES)), LEVEL_WORDS.index(UNKNOWN), np.int8)
    for number, row, value in _rows(path, rows):
        try:
            pitch, energy, rate = map(LEVEL_WORDS.index, value.split())
        except ValueError:
            message = f"'{value}' should be three of {', '.join(LEVEL_WORDS)}; run stage 6 again"
            raise InputError(f"{path}:{number}: {message}") from None
        levels[row] = pitch, energy, rate
    return levels


def _reasons(path: Path, rows: Mapping[str, int]) -> Counter[tuple[str, str]] | None:
    """Counts the reasons of lines such as ``<utt> pitch: no voiced frame; rate: no transcript``."""
    if not path.exists():
        return None
    counts: Counter[tuple[str, str]] = Counter()
    for _, _, value in _rows(path, rows):
        for part in value.split(";"):
            attribute, _, reason = part.partition(":")
            counts[attribute.strip(), reason.strip()] += 1
    return counts


def _audio(directory: Path, rows: Mapping[str, int]) -> np.ndarray:
    """Returns a number for each utterance's audio, the same for the same stretch of the same file."""
    has_segments = (directory / "segments").exists()
    path = directory / ("segments" if has_segments else "wav.scp")
    recordings = {key: entry for _, key, entry in table_lines(directory / "wav.scp")} if has_segments else {}
    keys = np.zeros(len(rows), np.int64)
    for number, row, value in _rows(path, rows):
        recording, *times = value.split() if has_segments else [value]
        if has_segments and recording not in recordings:
            raise InputError(f"{path}:{number}: recording '{recording}' has no line in wav.scp")
        keys[row] = hash((recordings.get(recording, recording), *times))
    if not keys.all():
        utt = list(rows)[np.flatnonzero(keys == 0)[0]]
        raise InputError(f"{path}: '{utt}' of utt2spk is missing; c2ser.bin.validate_data_dir names all")
    return keys


def _json(path: Path) -> dict | None:
    if not path.is_file():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: no JSON ({error}); run stage 6 again") from None
    if not isinstance(read, dict):
        raise InputError(f"{path}: no JSON object; run stage 6 again")
    return read
