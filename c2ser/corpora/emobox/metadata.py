"""The files of EmoBox's metadata: lists of utterances, folds, maps of labels."""

import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from c2ser.errors import InputError

SETS = {"train": "train", "valid": "dev", "test": "test"}
SPEAKER = re.compile(r"<id=(?P<key>.+),lang=[^,]*,spk=(?P<speaker>.+),emotion=[^,]*>")


@dataclass(frozen=True)
class Row:
    """One line of a list: where it is, and the fields that are used.

    Attributes:
        path: the list.
        line: its line, from 1.
        key: EmoBox's id of the utterance.
        wav: its audio file, from the folder that EmoBox's users download corpora to.
        label: the corpus's label.
        seconds: the length of the audio.
        start: where the utterance begins in the file, in seconds; None where it is the whole file.
        end: where it ends.
    """

    path: Path
    line: int
    key: str
    wav: PurePosixPath
    label: str
    seconds: float
    start: float | None = None
    end: float | None = None

    @property
    def where(self) -> str:
        """The list and the line, for messages."""
        return f"{self.path}:{self.line}"


def corpus_dir(metadata_dir: str | Path) -> Path:
    """Returns the absolute path of EmoBox's ``data/<name>``, whose last part is the corpus's name."""
    return Path(os.path.abspath(metadata_dir))


def fold_numbers(metadata_dir: Path) -> list[int]:
    """Returns the numbers of a corpus's folds, sorted; empty where it has none."""
    names = (path.name.removeprefix("fold_") for path in metadata_dir.glob("fold_[0-9]*"))
    return sorted(int(name) for name in names if name.isdecimal())


def find_lists(metadata_dir: Path, fold: int | None) -> dict[str, Path]:
    """Finds the lists of a corpus.

    Args:
        metadata_dir: EmoBox's ``data/<name>``.
        fold: from 1; None for the whole corpus.

    Returns:
        name of the set -> its list: ``all``, or ``train``, ``dev`` and ``test`` as far as the fold has them.

    Raises:
        InputError: there is no list.
    """
    name = metadata_dir.name
    if fold is None:
        whole = metadata_dir / f"{name}.jsonl"
        if not whole.is_file():
            raise InputError(f"{whole}: no such file; import one of the corpus's folds with --fold")
        return {"all": whole}
    folder = metadata_dir / f"fold_{fold}"
    lists = {target: folder / f"{name}_{part}_fold_{fold}.jsonl" for part, target in SETS.items()}
    lists = {target: path for target, path in lists.items() if path.is_file()}
    if not lists:
        folds = ", ".join(f"fold_{number}" for number in fold_numbers(metadata_dir)) or "none"
        raise InputError(f"{folder}: no such fold; {metadata_dir} has {folds}")
    return lists


def read_label_map(metadata_dir: Path) -> dict[str, str]:
    """Reads the map from labels to English words.

    Args:
        metadata_dir: EmoBox's ``data/<name>``.

    Returns:
        label, in lower case as lists and map differ in that -> English word; empty where there is no map.

    Raises:
        InputError: the map is not a JSON object of strings.
    """
    path = metadata_dir / "label_map.json"
    if not path.is_file():
        return {}
    try:
        label_map = json.loads(path.read_text(encoding="utf-8-sig"))
        return {label.casefold(): _string(word, "a word") for label, word in label_map.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a JSON object of labels and words ({error}); get EmoBox again") from None


def read_speakers(metadata_dir: Path) -> dict[str, str]:
    """Reads who speaks from EmoBox's ``data.seg.wrd.stm``, which some copies of its metadata have.

    Args:
        metadata_dir: EmoBox's ``data/<name>``.

    Returns:
        key -> speaker; empty where there is no such file, or as many speakers as utterances, as where EmoBox does not
        know them.
    """
    path = metadata_dir / "data.seg.wrd.stm"
    if not path.is_file():
        return {}
    found = (SPEAKER.search(line) for line in path.read_text(encoding="utf-8-sig").splitlines())
    speakers = {line["key"]: line["speaker"] for line in found if line}
    return speakers if len(set(speakers.values())) < len(speakers) else {}


def read_rows(path: Path) -> Iterator[Row]:
    """Yields the rows of a list.

    Raises:
        InputError: the list is empty or not UTF-8, or a line is not an object with key, wav, emo and length.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); convert it with iconv") from None
    if not lines:
        raise InputError(f"{path}:1: the list is empty; get EmoBox again")
    for number, line in enumerate(lines, 1):
        try:
            yield _row(path, number, json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{path}:{number}: not a JSON object with key, wav, emo and length ({error!r}); get EmoBox again"
            ) from None


def _row(path: Path, number: int, entry: dict) -> Row:
    bounds = {name: _time(entry[f"{name}_time"]) for name in ("start", "end") if f"{name}_time" in entry}
    if len(bounds) == 1 or (bounds and bounds["start"] >= bounds["end"]):
        raise ValueError("a part of a recording needs a start_time and a later end_time")
    return Row(
        path,
        number,
        key=_string(entry["key"], "key"),
        wav=PurePosixPath(_string(entry["wav"], "wav")),
        label=_string(entry["emo"], "emo"),
        seconds=_time(entry["length"]),
        **bounds,
    )


def _time(value: object) -> float:
    seconds = float(value)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{value!r} is not a time in seconds")
    return seconds


def _string(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} is {value!r}, not a string")
    return value
