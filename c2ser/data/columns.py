"""Tables of a data directory side by side, in one merge over sorted files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import tee, zip_longest
from pathlib import Path
from typing import Any

from c2ser.data.names import SEGMENTS, UTT2SPK, WAV_SCP
from c2ser.data.tables import parsed_lines, read_table, sorted_lines, values_of
from c2ser.errors import InputError

Row = tuple[Any, ...]  # utterance, then a value or None per table
Parsers = Mapping[str, Callable[[str], Any]]  # table -> what parses its values


def index_table(directory: Path) -> Path:
    """Returns the table that names the utterances: ``utt2spk``, or without it the one that tells their audio."""
    names = (UTT2SPK, SEGMENTS, WAV_SCP)
    return next((directory / name for name in names if (directory / name).exists()), directory / UTT2SPK)


def utterances(directory: Path) -> Iterator[str]:
    """Yields the ids of the utterances, sorted."""
    for _, utterance, _ in sorted_lines(index_table(directory)):
        yield utterance


def rows(
    directory: Path, columns: Sequence[str], *, optional: Sequence[str] = (), parsers: Parsers | None = None
) -> Iterator[Row]:
    """Yields (utterance, value per column) of all utterances, in order; see `DataDir.iterate`."""
    names, parsers = [*columns, *optional], parsers or {}
    keys, *copies = tee(utterances(directory), len(names) + 1)
    values = [
        _column(directory, name, copy, optional=name in optional, parse=parsers.get(name))
        for name, copy in zip(names, copies)
    ]
    required = len(columns) + 1
    for row in zip_longest(keys, *values):
        if None in row[:required]:
            path = directory / columns[row.index(None) - 1]
            raise InputError(f"{path}: no line for '{row[0]}'; validate_data_dir names all such utterances")
        yield row


def _column(
    directory: Path, name: str, keys: Iterable[str], *, optional: bool, parse: Callable[[str], Any] | None
) -> Iterator[Any]:
    path = directory / name
    if optional and not path.exists():
        return (None for _ in keys)
    if name == WAV_SCP and (directory / SEGMENTS).exists():
        return _entries_of_segments(directory, keys)
    return values_of(keys, sorted_lines(path) if parse is None else parsed_lines(path, parse))


def _entries_of_segments(directory: Path, keys: Iterable[str]) -> Iterator[str | None]:
    """Yields the entry of the recording that each utterance is a part of."""
    entries = read_table(directory / WAV_SCP)
    for segment in values_of(keys, sorted_lines(directory / SEGMENTS)):
        yield None if segment is None else entries.get(segment.partition(" ")[0])
