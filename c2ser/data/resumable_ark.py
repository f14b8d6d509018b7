"""A Kaldi ark that grows batch by batch, so that a killed program goes on where it stopped."""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from c2ser.data.features import append_feature
from c2ser.data.files import locked, write_all

Batch = TypeVar("Batch")


class ResumableArk:
    """An open ark; see `resumable_ark`.

    Attributes:
        starts: of each batch that is there, the bytes at which its matrices start, as an scp file wants them.
    """

    def __init__(self, data: BinaryIO, journal: BinaryIO, starts: list[list[int]], end: int):
        self.starts = starts
        self._data = data
        self._journal = journal
        self._end = end

    def append(self, key: str, matrices: Mapping[str, np.ndarray]) -> None:
        """Appends a batch: its data first, then its line in the journal, so that what has a line is whole.

        Raises:
            InputError: the disk is full, or another error of the system; what was there before stays whole.
        """
        content = io.BytesIO()
        starts = []
        for name, matrix in matrices.items():
            starts.append(self._end + append_feature(content, name, matrix))
        write_all(self._data, content.getbuffer())
        self._end += content.tell()
        self.starts.append(starts)
        write_all(self._journal, f"{' '.join(map(str, [key, *starts, self._end]))}\n".encode())


@contextmanager
def resumable_ark(
    path: str | Path, computation: str, batches: Sequence[Batch], key: Callable[[Batch], str]
) -> Iterator[ResumableArk]:
    """Opens an ark for appending, with the batches in it that an interrupted or finished call has left.

    Until the block ends without an error, the data is in ``<path>.part``. ``<path>.journal`` stays: its first line is
    ``computation``, and each further one has the key of a batch, the bytes at which its matrices start, and the byte at
    which it ends. Batches count as there up to the first whose line is torn, has another key, or ends beyond the data;
    what comes after them is cut off.

    Args:
        path: the ark.
        computation: says what makes the data from a batch; one word. Another one than before starts afresh.
        batches: all of them, in order.
        key: says what a batch is made from, in one word; asked only for batches that the journal has.

    Raises:
        InputError: another program has the ark open.
    """
    ark = Path(path)
    part = ark.with_name(f"{ark.name}.part")
    ark.parent.mkdir(parents=True, exist_ok=True)
    with locked(ark.with_name(f"{ark.name}.journal")) as journal:
        header = f"{computation}\n".encode()
        lines = journal.read().splitlines(keepends=True)
        there = _batches_there(lines[1:], map(key, batches)) if lines[:1] == [header] else []
        finished = len(there) == len(batches) and not part.exists() and _size(ark) == _end(there)
        data_path = ark if finished else part
        while _end(there) > _size(data_path):
            there.pop()
        journal.truncate(sum(map(len, lines[: len(there) + 1])) if there else 0)
        if not there:
            write_all(journal, header)
        with open(data_path, "ab", buffering=0) as data:
            data.truncate(_end(there))
            yield ResumableArk(data, journal, [starts for *starts, _ in there], _end(there))
        os.replace(data_path, ark)


def _batches_there(lines: list[bytes], keys: Iterable[str]) -> list[list[int]]:
    """Returns the numbers in the lines up to the first that is torn or has another key."""
    there = []
    for line, key in zip(lines, keys):
        found, *numbers = line.decode(errors="replace").split(" ")
        if found != key or not line.endswith(b"\n") or not all(number.strip().isdecimal() for number in numbers):
            break
        there.append([int(number) for number in numbers])
    return there


def _end(there: list[list[int]]) -> int:
    return there[-1][-1] if there else 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
