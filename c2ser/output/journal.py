"""Answers of groups of files on disk, in order, until all are there: an interrupted run goes on where it stopped."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from c2ser.data.files import locked, write_fully

Group = TypeVar("Group", bound=Sequence)
SUFFIX = ".unfinished"


class GroupJournal:
    """Answers of the first groups of a run; see `resumed`.

    Attributes:
        num_groups: how many groups are there.
    """

    def __init__(self, file: BinaryIO, keys: Iterable[str]):
        self._file = file
        self.num_groups = self._keep(keys)

    def append(self, key: str, answers: Sequence[Any]) -> None:
        """Adds the answers of the next group as one line.

        Args:
            key: what they are made from.
            answers: values that JSON can hold.

        Raises:
            StorageError: the disk is full, or another error of the system.
        """
        write_fully(self._file, f"{json.dumps([key, answers])}\n".encode())
        self.num_groups += 1

    def answers(self) -> Iterator[Any]:
        """Yields all answers in order."""
        for line in self._lines():
            yield from json.loads(line)[1]

    def _lines(self) -> Iterator[bytes]:
        with open(self._file.name, "rb") as file:
            yield from file

    def _keep(self, keys: Iterable[str]) -> int:
        """Cuts off what was made from something else, or torn by a kill, and all after it; returns the lines left."""
        kept = size = 0
        for key, line in zip(keys, self._lines()):
            if not line.endswith(b"\n") or _key_of(line) != key:
                break
            kept, size = kept + 1, size + len(line)
        self._file.truncate(size)
        return kept


def _key_of(line: bytes) -> str | None:
    try:
        return json.loads(line)[0]
    except (ValueError, LookupError, TypeError):
        return None


@contextmanager
def resumed(output: str | Path, groups: Iterable[Group], *, key: Callable[[Group], str]) -> Iterator[GroupJournal]:
    """Opens the journal beside an output file, with what an interrupted run left; deletes it once the block ends well.

    Args:
        output: the file that is written from the journal when all is there.
        groups: all groups of the run, in order.
        key: makes a fingerprint of what the answers of a group are made from.

    Raises:
        InputError: another program has the journal open.

    Example:
        >>> with resumed("answers.tsv", [["a.wav"]], key=" ".join) as journal:
        ...     journal.append("a.wav", ["sad"])
        ...     list(journal.answers())
        ['sad']
    """
    path = Path(f"{os.fspath(output)}{SUFFIX}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path) as file:
        journal = GroupJournal(file, map(key, groups))
        try:
            yield journal
        except BaseException:
            if not journal.num_groups:
                path.unlink()
            raise
        path.unlink()
