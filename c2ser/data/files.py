"""Files that are never seen half-written, and such that one program at a time appends to."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from c2ser.errors import InputError, StorageError, writing

logger = logging.getLogger(__name__)

_BLOCK_BYTES = 1 << 20


@contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[IO]:
    """Opens a file beside ``path`` for writing and renames it to ``path`` once the block ends without an error.

    Text is UTF-8. The folder is made where it is missing; after an error ``path`` is as it was.

    Raises:
        StorageError: the disk is full, or another error of the system.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        with writing(path), open(part, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: str | Path, value: object) -> None:
    """Writes a value as JSON to read, at once as `atomic_write` does.

    Args:
        path: the file.
        value: what `json.dumps` takes.

    Example:
        >>> write_json("exp/result.json", {"ua": 0.9})  # doctest: +SKIP
    """
    with atomic_write(path) as file:
        file.write(json.dumps(value, indent=2) + "\n")


@contextmanager
def locked(path: str | Path) -> Iterator[BinaryIO]:
    """Opens a file to append to, unbuffered, that no other program has locked; after a kill the system unlocks it.

    Raises:
        InputError: another program has it open.
    """
    with open(path, "a+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{path}: another program is writing there; wait for its end, or stop it") from None
        except OSError as error:  # some network file systems have no locks
            logger.warning("%s: cannot be locked (%s); see that no other program writes there", path, error.strerror)
        file.seek(0)
        yield file


def write_fully(file: BinaryIO, content: bytes | memoryview) -> None:
    """Writes all to an unbuffered file, so that nothing is left for close() to write, or to fail at.

    Raises:
        StorageError: the disk is full, or another error of the system.
    """
    content = memoryview(content)
    try:
        while content:
            content = content[file.write(content) :]
    except OSError as error:
        message = f"{file.name}: {error.strerror}; once that is mended, the same command goes on from here"
        raise StorageError(message) from error


def same_content(first: str | Path, second: str | Path) -> bool:
    """Compares two files byte by byte."""
    if os.path.getsize(first) != os.path.getsize(second):
        return False
    with open(first, "rb") as one, open(second, "rb") as other:
        while block := one.read(_BLOCK_BYTES):
            if block != other.read(_BLOCK_BYTES):
                return False
    return True
