"""Databases in audformat: a header ``db.yaml``, tables ``db.<table>.csv`` or ``.parquet``, and media below one folder.

Names of tables and columns follow audformat's conventions: what has the scheme ``emotion`` is the emotion, what has the
scheme ``speaker`` the speaker, and so on; tables of a split are named by it. Tables are read from CSV and Parquet only,
because the pickles that audformat also writes, and would prefer, may run code.

References:
    https://audeering.github.io/audformat/data-conventions.html
"""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from c2ser.errors import InputError

HEADER = "db.yaml"
FORMATS = (".csv", ".parquet")
SETS = ("train", "dev", "test")
PREFERRED = "gold_standard"  # of several emotions, what audformat's databases call the reference
# What columns tell, and the schemes that have it, the best first.
TEXT_SCHEMES = ("transcription", "text")
SEX_SCHEMES = ("sex", "gender")


@dataclass(frozen=True)
class Segment:
    """A file, or a part of it.

    Attributes:
        file: path below the database's folder.
        start: in seconds; None for the whole file.
        end: in seconds; None for the end of the file.
    """

    file: str
    start: float | None = None
    end: float | None = None


class AudformatDatabase:
    """An audformat database in a folder.

    Args:
        root: the folder that has ``db.yaml``.

    Raises:
        InputError: the package audformat is missing, or the header cannot be read.

    Example:
        >>> AudformatDatabase("databases/emodb").licence  # doctest: +SKIP
        'CC0-1.0 (https://creativecommons.org/publicdomain/zero/1.0/), usage: unrestricted'
    """

    def __init__(self, root: str | Path):
        self.root = Path(root)
        self.audformat = import_package("audformat")
        path = self.root / HEADER
        if not path.is_file():
            raise InputError(f"{path}: no such file; give the folder of an audformat database")
        try:
            header = yaml.safe_load(path.read_text(encoding="utf-8"))
            self._database = self.audformat.Database.load_header_from_yaml(header)
        except Exception as error:  # audformat checks headers by errors of several kinds
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(f"{path}: not the header of an audformat database ({reason})") from None
        self._loaded: set[str] = set()

    @property
    def name(self) -> str:
        """The name in its header."""
        return self._database.name

    @property
    def licence(self) -> str:
        """Licence and usage, as the header states them."""
        database = self._database
        licence = database.license or "no licence stated"
        url = f" ({database.license_url})" if database.license_url else ""
        return f"{licence}{url}, usage: {database.usage}"

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1, of languages that have such a code."""
        return tuple(code for code in map(two_letters, self._database.languages) if code)

    def columns(self, *schemes: str) -> list[tuple[str, str]]:
        """Returns (table, column) of what has one of these schemes, or without a scheme one of these names."""
        found = {scheme: [] for scheme in schemes}
        for table in self._database.tables:
            for name, column in self._database[table].columns.items():
                if (column.scheme_id or name) in found:
                    found[column.scheme_id or name].append((table, name))
        return [place for places in found.values() for place in places]

    def values(self, table: str, column: str) -> dict[Segment, Any]:
        """Reads a column; what is missing is left out.

        Raises:
            InputError: the table has no file, or cannot be read.
        """
        self._load(table)
        series = self._database[table][column].get().dropna()
        if self._database[table].type == "filewise":
            return {Segment(file): _plain(value) for file, value in series.items()}
        return {
            Segment(file, start.total_seconds(), None if end != end else end.total_seconds()): _plain(value)
            for (file, start, end), value in series.items()
        }

    def labels(self, table: str, column: str) -> Mapping[Any, Any]:
        """Returns what the scheme of a column says of its labels; empty where it says nothing.

        Raises:
            InputError: as `values`.
        """
        scheme = self._database[table].columns[column].scheme_id
        labels = self._database.schemes[scheme].labels if scheme else None
        if isinstance(labels, str):  # a table of its own
            self._load(labels)
            frame = self._database[labels].get()
            return {_plain(key): _plain_row(row) for key, row in zip(frame.index, frame.to_dict("records"))}
        return labels if isinstance(labels, dict) else {}

    def index(self, table: str) -> list[Segment]:
        """Returns all files or parts of a table.

        Raises:
            InputError: as `values`.
        """
        self._load(table)
        index = self._database[table].index
        if self._database[table].type == "filewise":
            return [Segment(file) for file in index]
        return [Segment(f, s.total_seconds(), None if e != e else e.total_seconds()) for f, s, e in index]

    def split_of(self, table: str) -> str | None:
        """Returns the set that a table is, of `SETS`; None for one that is not of a split."""
        split = self._database[table].split_id
        kind = self._database.splits[split].type if split else None
        return kind if kind in SETS else None

    def _load(self, table: str) -> None:
        if table in self._loaded:
            return
        path = self.root / f"db.{table}"
        files = [path.with_name(path.name + suffix) for suffix in FORMATS]
        there = [file for file in files if file.is_file()]
        if not there:
            raise InputError(
                f"{files[0]}: no such file, nor as {FORMATS[1]}; save the database's tables in one of them"
            )
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, there[-1].name).symlink_to(there[-1].resolve())  # without the pickle beside it
            try:
                self._database[table].load(str(Path(folder, path.name)))
            except Exception as error:  # pandas and pyarrow raise errors of several kinds
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise InputError(f"{there[-1]}: not a table of its header ({reason})") from None
        self._loaded.add(table)


def emotion_tables(database: AudformatDatabase, wanted: str | None = None) -> tuple[str, dict[str | None, str]]:
    """Finds the column of emotions, and the tables that have it.

    Args:
        database: where to look.
        wanted: ``TABLE.COLUMN``, where there are several; of tables that make up a split, that of any of them.

    Returns:
        The column, and set -> table; where there is no split with train and test the set is None.

    Raises:
        InputError: there is none, or several and none is wanted.
    """
    places = database.columns("emotion")
    groups: dict[tuple[bool, str, str], dict[str | None, str]] = {}
    for table, column in places:
        split = database.split_of(table)
        family = re.sub(rf"(^|[._-]){split}(?=[._-]|$)", "", table) if split else table
        groups.setdefault((split is None, family, column), {})[split] = table
    chosen = [
        (column, {name: tables[name] for name in (None, *SETS) if name in tables})
        for (*_, column), tables in groups.items()
        if (None in tables or {"train", "test"} <= tables.keys())
        and (wanted is None or wanted in {f"{table}.{column}" for table in tables.values()})
    ]
    if len(chosen) > 1:
        chosen = _narrowed(chosen)
    if len(chosen) == 1:
        return chosen[0]
    named = ", ".join(f"{table}.{column}" for table, column in places) or "none"
    fault = "has no such column" if wanted else "has several columns of emotions" if chosen else "has no emotions"
    raise InputError(f"{database.root / HEADER}: {fault}; give one as --column: {named}")


def _narrowed(chosen: list[tuple[str, dict]]) -> list[tuple[str, dict]]:
    """Prefers a split to a table without one, and of several what is called the reference, or emotion."""
    divided = [group for group in chosen if None not in group[1]]
    for group in (divided or chosen, chosen):
        reference = [(column, tables) for column, tables in group if all(PREFERRED in name for name in tables.values())]
        named = [(column, tables) for column, tables in group if "emotion" in (column, *tables.values())]
        for narrower in (group, reference, named):
            if len(narrower) == 1:
                return narrower
    return chosen


def by_segment(values: Mapping[Segment, Any], segment: Segment) -> Any:
    """Returns the value of a part, or else that of its file; None without any."""
    return values.get(segment, values.get(Segment(segment.file)))


def two_letters(language: str) -> str | None:
    """Returns the code in ISO 639-1 of one in ISO 639-3, as audformat has them; None where there is none."""
    try:
        return import_package("iso639").Lang(language).pt1 or None
    except Exception:  # the package has an error of its own for unknown languages
        return None


def import_package(name: str) -> ModuleType:
    """Imports a package of the extra ``[audb]``.

    Raises:
        InputError: it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"the package {error.name} is not installed, which reads audformat databases; install it by: pip install"
            " 'c2ser[audb]', or in a checkout: tools/venv/bin/pip install '.[audb]'"
        ) from None


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items() if value == value and value is not None}
