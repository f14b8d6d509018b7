"""A table that lists audio: TSV or CSV with a row per file and the names of its columns in the first line.

Columns come in any order; `COLUMNS` says which there are. Fields are separated by tabs, semicolons or commas, whichever
the first line has; they may be quoted. UTF-8 with or without a byte order mark and UTF-16 with one are read, with line
ends of any system.
"""

import codecs
import csv
import difflib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SUFFIXES = (".tsv", ".csv")
REQUIRED = ("path", "emotion")
OPTIONAL = ("speaker", "text", "language", "split", "sex")
COLUMNS = (*REQUIRED, *OPTIONAL)
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas"}
# Names of sets as tables write them -> ours. "eval" is not among them, as it is dev for some and test for others.
SETS = {
    "train": "train",
    "training": "train",
    "dev": "dev",
    "development": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        where: file and line, for messages.
        values: column of `COLUMNS` -> its text, without spaces around it; empty where there is none.
    """

    where: str
    values: Mapping[str, str]


def read_listing(path: Path) -> Iterator[Row]:
    """Yields the rows of a table; empty lines are passed over.

    Args:
        path: the file.

    Raises:
        InputError: it has no such columns, a row has too many or too few fields, or the text cannot be read.

    Example:
        >>> _ = Path("list.csv").write_text("speaker;path;emotion\\nann;a.wav;happy\\n")
        >>> next(read_listing(Path("list.csv"))).values["path"]
        'a.wav'
    """
    with open(path, encoding=_encoding(path), newline="") as file:
        separator, header = _header(file, path)
        places = _places(header, path)
        reader = csv.reader(file, delimiter=separator, strict=True)
        line = 2
        try:
            for fields in reader:
                where, line = f"{path}:{line}", reader.line_num + 2
                if not any(field.strip() for field in fields):
                    continue
                if len(fields) != len(header):
                    raise InputError(
                        f"{where}: {len(fields)} fields, but the first line names {len(header)}; quote fields that"
                        f" have {SEPARATORS[separator]} in them"
                    )
                yield Row(where, {name: " ".join(fields[place].split()) for name, place in places.items()})
        except UnicodeDecodeError as error:
            raise InputError(f"{path}:{line}: not UTF-8 ({error.reason}); convert it with iconv") from None
        except csv.Error as error:
            raise InputError(f"{path}:{line}: {error}; are its quotes closed?") from None


def _encoding(path: Path) -> str:
    with open(path, "rb") as file:
        start = file.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _header(file: TextIO, path: Path) -> tuple[str, list[str]]:
    """Returns the separator, and the names in the first line."""
    try:
        line = file.readline()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}:1: not UTF-8 ({error.reason}); convert it with iconv") from None
    found = {separator: next(csv.reader([line], delimiter=separator), []) for separator in SEPARATORS}
    names = {separator: [field.strip().casefold() for field in fields] for separator, fields in found.items()}
    separator = max(SEPARATORS, key=lambda separator: len(set(names[separator]) & set(COLUMNS)))
    return separator, names[separator]


def _places(header: Sequence[str], path: Path) -> dict[str, int]:
    """Returns where the columns are that are read."""
    for name in COLUMNS:
        if header.count(name) > 1:
            raise InputError(f"{path}:1: {header.count(name)} columns are called '{name}'; rename all but one")
    if lacking := [name for name in REQUIRED if name not in header]:
        near = difflib.get_close_matches(lacking[0], header, n=1, cutoff=0.5)
        guess = f" (is it '{near[0]}'?)" if near else ""
        raise InputError(
            f"{path}:1: no column '{lacking[0]}'{guess}; the first line names {', '.join(header) or 'none'}, and a"
            f" table of audio needs {' and '.join(REQUIRED)} and may have {', '.join(OPTIONAL)}; rename its columns, or"
            " move a table of other things elsewhere"
        )
    if others := [name for name in header if name and name not in COLUMNS]:
        logger.info("%s: columns that are not read: %s", path, ", ".join(others))
    return {name: header.index(name) for name in COLUMNS if name in header}
