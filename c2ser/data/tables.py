"""Kaldi's tables: text files with one ``<key> <value>`` per line, sorted by key as ``LC_ALL=C sort`` does.

All but `read_table` read and write line by line, so that memory does not grow with the table. Strings of Python compare
by code point, which is the order of their bytes in UTF-8 and thus that of ``LC_ALL=C``.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from itertools import islice
from operator import gt
from pathlib import Path
from typing import Any, TextIO

from c2ser.data.external_sort import sort_lines
from c2ser.data.files import atomic_write
from c2ser.errors import InputError, not_utf8

Line = tuple[int, str, str]

BYTE_ORDER_MARK = "\ufeff"
SORT_IT = "sort the file with LC_ALL=C sort"
AFTER_ALL_KEYS = "\U0010ffff"  # a noncharacter, sorted after the keys of any table
_BLOCK_LINES = 20_000
_BLOCK_BYTES = 1 << 20


def split_line(line: str) -> tuple[str, str]:
    """Splits a line at the first space or tab into key and value; both may be empty.

    Example:
        >>> split_line("anna-1  two words")
        ('anna-1', 'two words')
    """
    line = line.strip()
    key, _, value = line.partition(" ")
    if "\t" in key:
        key, _, value = line.partition("\t")
    return key, value.strip()


def table_lines(path: str | Path) -> Iterator[Line]:
    """Reads a table in the order of its lines.

    Keys end at the first space or tab. A byte order mark at the start of the file is skipped.

    Args:
        path: the table.

    Yields:
        Line number (from 1), key and value, which may be empty.

    Raises:
        InputError: the file is missing, is not UTF-8, or has an empty line.

    Example:
        >>> for number, utterance, emotion in table_lines("data/train/utt2emo"):  # doctest: +SKIP
        ...     print(number, utterance, emotion)
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                key, value = split_line(line)
                if not key:
                    raise InputError(f"{path}:{number}: empty line; each line reads '<key> <value>'")
                yield number, key, value
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise not_utf8(path) from None


def sorted_lines(path: str | Path) -> Iterator[Line]:
    """Reads a table as `table_lines` does and checks that its keys are unique and sorted.

    Raises:
        InputError: as `table_lines`, or a key is a duplicate or out of order.

    Example:
        >>> next(sorted_lines("data/train/utt2emo"))  # doctest: +SKIP
        (1, 'anna-1', 'happy')
    """
    return _checked(path, table_lines(path))


def parsed_lines(path: str | Path, parse: Callable[[str], Any]) -> Iterator[tuple[int, str, Any]]:
    """Reads a table as `sorted_lines` does and parses its values.

    Args:
        path: the table.
        parse: turns a value into what it stands for; raises ValueError, whose text says what is wrong, if it cannot.

    Raises:
        InputError: as `sorted_lines`, or a value cannot be parsed.

    Example:
        >>> for number, utterance, seconds in parsed_lines("data/train/utt2dur", parse_positive):  # doctest: +SKIP
        ...     print(utterance, seconds)
    """
    for number, key, value in sorted_lines(path):
        try:
            parsed = parse(value)
        except ValueError as error:
            raise InputError(f"{path}:{number}: '{key}': {error}") from None
        yield number, key, parsed


def parse_positive(value: str) -> float:
    """Parses a positive number, such as a duration.

    Example:
        >>> parse_positive("2.5")
        2.5
    """
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"'{value}' is not a positive number")
    return number


def lines_by_key(path: str | Path) -> Iterator[Line]:
    """Reads a table whose lines may be in any order, sorted by key.

    Raises:
        InputError: as `table_lines`, or a key is a duplicate.

    Example:
        >>> keys = [key for _, key, _ in lines_by_key("hypotheses")]  # doctest: +SKIP
    """
    if os.path.isfile(path) and is_sorted(path):
        return sorted_lines(path)
    ordered = sort_lines(f"{key}\t{number:012d}\t{value}" for number, key, value in table_lines(path))
    fields = (line.split("\t", 2) for line in ordered)
    return _checked(path, ((int(number), key, value) for key, number, value in fields))


def read_table(path: str | Path) -> dict[str, str]:
    """Reads a table of moderate size into memory; checks it as `sorted_lines` does.

    Example:
        >>> read_table("data/test/utt2emo")["anna-1"]  # doctest: +SKIP
        'happy'
    """
    return {key: value for _, key, value in sorted_lines(path)}


def read_table_if_there(path: str | Path) -> dict[str, str]:
    """Reads a table as `read_table` does; one that does not exist is empty."""
    return read_table(path) if Path(path).exists() else {}


def is_sorted(path: str | Path) -> bool:
    """Tells quickly whether the lines of a file are in the order of ``LC_ALL=C sort``; duplicate keys may be."""
    last = b""
    with open(path, "rb") as file:
        while block := list(islice(file, _BLOCK_LINES)):
            if last > block[0] or any(map(gt, block, islice(block, 1, None))):
                return False
            last = block[-1]
    return True


def count_lines(path: str | Path) -> int:
    """Counts the lines of a file, whether or not the last one ends with a line break.

    Raises:
        InputError: the file is missing.
    """
    lines, last = 0, b"\n"
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK_BYTES):
                lines += block.count(b"\n")
                last = block
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    return lines + (not last.endswith(b"\n"))


def values_of(keys: Iterable[str], lines: Iterable[tuple[int, str, Any]]) -> Iterator[Any]:
    """Looks up sorted keys in a sorted table by one merge.

    Args:
        keys: sorted and unique.
        lines: of the table, sorted and unique; those of other keys are passed over.

    Yields:
        For each key its value, or None where the table does not have the key.

    Example:
        >>> list(values_of(["a", "b", "c"], [(1, "a", "angry"), (2, "c", "calm")]))
        ['angry', None, 'calm']
    """
    lines = iter(lines)
    end = (0, AFTER_ALL_KEYS, "")
    _, key, value = next(lines, end)
    for wanted in keys:
        while key < wanted:
            _, key, value = next(lines, end)
        yield value if key == wanted else None
    for _ in lines:  # so that what is wrong with the rest of the table is found, too
        pass


def outer_join(
    first: Iterable[tuple[str, Any]], second: Iterable[tuple[str, Any]], *, default: Any = None
) -> Iterator[tuple[str, Any, Any]]:
    """Joins two sorted streams of (key, value).

    Yields:
        Key and both values, sorted by key; ``default`` where a stream does not have the key.

    Example:
        >>> list(outer_join([("a", 1), ("b", 2)], [("b", 3)]))
        [('a', 1, None), ('b', 2, 3)]
    """
    first, second = iter(first), iter(second)
    end = (AFTER_ALL_KEYS, default)
    one, other = next(first, end), next(second, end)
    while one is not end or other is not end:
        if one[0] < other[0]:
            yield one[0], one[1], default
            one = next(first, end)
        elif other[0] < one[0]:
            yield other[0], default, other[1]
            other = next(second, end)
        else:
            yield one[0], one[1], other[1]
            one, other = next(first, end), next(second, end)


def merge_tables(paths: Iterable[str | Path], *, repeated: bool = False) -> Iterator[tuple[str, str]]:
    """Merges sorted tables.

    Args:
        paths: the tables.
        repeated: allow a key in several tables where its values are equal.

    Yields:
        Key and value, sorted by key.

    Raises:
        InputError: as `sorted_lines`, or a key is in several of the tables.

    Example:
        >>> write_rows("all/utt2emo", merge_tables(["emodb/utt2emo", "meld/utt2emo"]))  # doctest: +SKIP
    """
    heads = []
    for place, path in enumerate(paths):
        lines = sorted_lines(path)
        heads += [(key, place, value, lines, path) for _, key, value in islice(lines, 1)]
    heapify(heads)
    while heads:
        key, place, value, lines, path = heappop(heads)
        (
            limit,
            *_,
        ) = heads[0] if heads else (AFTER_ALL_KEYS,)
        while key < limit:
            yield key, value
            line = next(lines, None)
            if line is None:
                break
            _, key, value = line
        else:
            if key == limit and not (repeated and heads[0][2] == value):
                raise InputError(f"{heads[0][4]}: '{key}' is in {path} too; make the keys unique")
            if key == limit:  # left to the other table
                line = next(lines, None)
                if line is None:
                    continue
                _, key, value = line
            heappush(heads, (key, place, value, lines, path))


class TableWriter:
    """Writes a table line by line in the order of its keys.

    Args:
        path: the table's name in messages.
        file: where its lines go.
    """

    def __init__(self, path: str | Path, file: TextIO):
        self.path = path
        self._write = file.write
        self._last = ""

    def write(self, key: str, value: object) -> None:
        """Writes one line.

        Raises:
            InputError: the key is a duplicate or out of order.
        """
        if key <= self._last:
            raise InputError(_disorder(self.path, None, key, self._last))
        self._last = key
        self._write(f"{key} {value}\n")


@contextmanager
def table_writer(path: str | Path) -> Iterator[TableWriter]:
    """Opens a table for writing, which replaces an earlier one only once the block ends without an error.

    Example:
        >>> with table_writer("data/train/utt2dur") as table:
        ...     table.write("anna-1", 2.5)
    """
    with atomic_write(path) as file:
        yield TableWriter(path, file)


def write_rows(path: str | Path, rows: Iterable[tuple[str, object]]) -> None:
    """Writes (key, value) pairs that come sorted, whole or not at all.

    Example:
        >>> write_rows("utt2dur", [("anna-1", 2.5), ("anna-2", 1.25)])
    """
    with table_writer(path) as table:
        for key, value in rows:
            table.write(key, value)


def write_table(path: str | Path, table: Mapping[str, object]) -> None:
    """Writes a table of moderate size sorted by key, whole or not at all.

    Example:
        >>> write_table("utt2spk", {"bert-1": "bert", "anna-1": "anna"})
    """
    write_rows(path, sorted(table.items()))


def _checked(path: str | Path, lines: Iterable[Line]) -> Iterator[Line]:
    """Yields lines and stops at a key that is a duplicate or out of order."""
    last = ""
    for line in lines:
        key = line[1]
        if key <= last:
            raise InputError(_disorder(path, line[0], key, last))
        last = key
        yield line


def _disorder(path: str | Path, number: int | None, key: str, last: str) -> str:
    """Says what is wrong with a key that does not come after the last one."""
    where = path if number is None else f"{path}:{number}"
    if key == last:
        return f"{where}: duplicate key '{key}'; keep one of the lines"
    if last.startswith(BYTE_ORDER_MARK):
        return f"{path}: '{last[1:]}' has a byte order mark before it; delete that invisible character"
    return f"{where}: the table is not sorted, '{key}' comes after '{last}'; {SORT_IT}"
