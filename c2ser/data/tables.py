"""Kaldi's tables: text files of one ``<key> <value>`` a line, sorted by key as ``LC_ALL=C sort`` does."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from c2ser.data.files import atomic_write
from c2ser.errors import InputError


def sort_key(key: str) -> bytes:
    """Sorts as ``LC_ALL=C`` does, by the bytes of UTF-8."""
    return key.encode("utf-8")


def table_lines(path: str | Path) -> Iterator[tuple[int, str, str]]:
    """Yields (line number, key, value) of a table as it stands; a value may be empty.

    Raises:
        InputError: the file is missing, not UTF-8, or has an empty line.
    """
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                key, _, value = line.strip().partition(" ")
                if not key:
                    raise InputError(f"{path}:{number}: empty line; each line reads '<key> <value>'")
                yield number, key, value.strip()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); convert it with iconv") from None


def read_table(path: str | Path) -> dict[str, str]:
    """Reads a table whose keys are unique and sorted.

    Raises:
        InputError: as `table_lines`, or a key stands twice or out of order.
    """
    table: dict[str, str] = {}
    last = None
    for number, key, value in table_lines(path):
        if key in table:
            raise InputError(f"{path}:{number}: '{key}' stands twice; keep one of the lines")
        if last is not None and sort_key(key) < sort_key(last):
            raise InputError(f"{path}:{number}: '{key}' comes after '{last}'; sort the file with LC_ALL=C sort")
        table[key] = value
        last = key
    return table


def read_table_if_there(path: str | Path) -> dict[str, str]:
    """Reads a table as `read_table` does; one that does not exist is empty."""
    return read_table(path) if Path(path).exists() else {}


def write_table(path: str | Path, table: Mapping[str, object]) -> None:
    """Writes a table sorted by key, whole or not at all."""
    with atomic_write(path) as file:
        for key in sorted(table, key=sort_key):
            file.write(f"{key} {table[key]}\n")
