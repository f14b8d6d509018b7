"""Emotions of files that a user has in a table, as the tables that are scored."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from c2ser.data.tables import write_table
from c2ser.emotions import INVALID
from c2ser.errors import InputError, not_utf8
from c2ser.output.fields import word

SUFFIXES = (".tsv", ".csv", ".jsonl")
COLUMNS = ("file", "emotion")


def is_table_of_files(path: str | Path) -> bool:
    """Tells by its name whether a file is a table of files, as infer writes it, rather than one of utterances.

    Example:
        >>> is_table_of_files("answers.csv"), is_table_of_files("data/test/utt2emo")
        (True, False)
    """
    return Path(path).suffix.lower() in SUFFIXES


def write_emotions_of_files(path: str | Path, target: str | Path) -> None:
    """Writes the emotions of a table of files as a table of utterances, whose ids are the files' paths.

    Args:
        path: TSV, CSV or JSON lines with ``file`` and ``emotion``, and maybe others.
        target: the table ``<id> <emotion>``.

    Raises:
        InputError: the table lacks one of them, or has a file twice.

    Example:
        >>> write_emotions_of_files("answers.csv", "score/hypotheses")  # doctest: +SKIP
    """
    emotions: dict[str, str] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for number, row in _rows(Path(path), file):
                name, emotion = (row.get(column) for column in COLUMNS)
                if not name or not emotion:
                    raise InputError(f"{path}:{number}: no {' and '.join(COLUMNS)}; the table needs both for each file")
                if word(name) in emotions:
                    raise InputError(f"{path}:{number}: '{name}' is a duplicate; give a row per file")
                emotions[word(name)] = emotion
    except UnicodeDecodeError:
        raise not_utf8(path) from None
    write_table(target, emotions)


def _rows(path: Path, file: TextIO) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yields rows with their line numbers."""
    if path.suffix.lower() != ".jsonl":
        reader = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        yield from ((reader.line_num, row) for row in reader)
        return
    for number, line in enumerate(file, 1):
        try:
            row = json.loads(line)
            yield number, {"file": row["file"], "emotion": row["emotion"] or INVALID}
        except (ValueError, LookupError, TypeError):
            raise InputError(f"{path}:{number}: not an answer of infer as JSON; make the file again") from None
