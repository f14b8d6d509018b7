"""A Kaldi ark that grows batch by batch, so that a killed program goes on where it stopped."""

import fcntl
import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from c2ser.data.features import append_feature
from c2ser.errors import InputError

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
        _write(self._data, content.getbuffer())
        self._end += content.tell()
        self.starts.append(starts)
        _write(self._journal, f"{' '.join(map(str, [key, *starts, self._end]))}\n".encode())


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
    with _locked(ark.with_name(f"{ark.name}.journal")) as journal:
        header = f"{computation}\n".encode()
        lines = journal.read().splitlines(keepends=True)
        there = _batches_there(lines[1:], map(key, batches)) if lines[:1] == [header] else []
        finished = len(there) == len(batches) and not part.exists() and _size(ark) == _end(there)
        data_path = ark if finished else part
        while _end(there) > _size(data_path):
            there.pop()
        journal.truncate(sum(map(len, lines[: len(there) + 1])) if there else 0)
        if not there:
            _write(journal, header)
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


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """Opens a file to read and append that no other program has locked; after a kill the system unlocks it."""
    with open(path, "a+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{path}: another program is writing there; wait for its end, or stop it") from None
        except OSError as error:  # some network file systems have no locks
            logging.warning("%s: cannot be locked (%s); see that no other program writes there", path, error.strerror)
        file.seek(0)
        yield file


def _write(file: BinaryIO, content: bytes | memoryview) -> None:
    """Writes all to an unbuffered file, so that nothing is left for close() to write, or to fail at."""
    content = memoryview(content)
    try:
        while content:
            content = content[file.write(content) :]
    except OSError as error:
        message = f"{file.name}: {error.strerror}; once that is mended, the same command goes on from here"
        raise InputError(message) from error
