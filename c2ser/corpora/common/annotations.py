"""Files of annotations as corpora have them: in several encodings, as CSV, as JSON, as lists."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from c2ser.errors import InputError

# Encoding -> what a file in it begins with.
MARKS = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def decode_text(content: bytes, *fallbacks: str) -> str:
    """Decodes a text whose encoding is not stated: by its byte order mark, as UTF-8, or as UTF-16 without a mark.

    Args:
        content: of the file.
        fallbacks: encodings to try after these, in this order.

    Raises:
        UnicodeDecodeError: none of them fits.

    Example:
        >>> decode_text("你好".encode("gb2312"), "gb18030"), decode_text("a\\n".encode("utf-16-le"))
        ('你好', 'a\\n')
    """
    for encoding, mark in MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding).removeprefix("\ufeff")
    encodings = ("utf-16-le", "utf-16-be") if b"\0" in content else ("utf-8", *fallbacks)
    for encoding in encodings[:-1]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode(encodings[-1])


def read_text(path: Path, *fallbacks: str, site: str) -> str:
    """Reads a text of a corpus.

    Args:
        path: the file.
        fallbacks: see `decode_text`.
        site: where users get it; ends the error's line.

    Raises:
        InputError: it is missing, or in another encoding.
    """
    try:
        return decode_text(path.read_bytes(), *fallbacks)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; get it from {site}") from None
    except UnicodeDecodeError as error:
        tried = ", ".join(("UTF-8", *fallbacks))
        raise InputError(f"{path}: not {tried} ({error.reason}); get it again from {site}") from None


def read_csv(path: Path, *, columns: tuple[str, ...], site: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yields the rows of a table with a line of names.

    Args:
        path: the table, in UTF-8 with or without a byte order mark.
        columns: those that a row needs; spaces around names do not count.
        site: where users get it; ends the error's line.

    Yields:
        Where the row is, for messages, and its values by column.

    Raises:
        InputError: the table is missing or not UTF-8, or a row lacks one of the columns.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            for row in table:
                where = f"{path}:{table.line_num}"
                values = {name.strip(): value for name, value in row.items() if name and isinstance(value, str)}
                for name in columns:
                    if name not in values:
                        raise InputError(f"{where}: no value of {name}; get the table again from {site}")
                yield where, values
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; get it from {site}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); get the table again from {site}") from None


def read_json(path: Path, *, site: str) -> dict:
    """Reads a JSON object.

    Args:
        path: the file.
        site: where users get it; ends the error's line.

    Raises:
        InputError: it is missing, or not a JSON object.
    """
    text = read_text(path, site=site)
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); get it again from {site}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: not a JSON object; get it again from {site}")
    return content


def first_that_exists(*paths: Path) -> Path:
    """Returns the first path that exists, or else the last.

    Example:
        >>> first_that_exists(Path("."), Path("nowhere.csv")).name
        ''
    """
    return next((path for path in paths if path.exists()), paths[-1])
