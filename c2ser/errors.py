"""The errors whose message is what the user reads, and how a program ends with one."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LEFT_OUT = 3  # exit code
REMEDIES = {
    errno.ENOENT: "check the path",
    errno.EACCES: "check who owns it",
    errno.EROFS: "write elsewhere",
    errno.ENOSPC: "free some space, or write elsewhere",
    errno.EDQUOT: "free some space, or write elsewhere",
}


class C2SERError(ValueError):
    """What went wrong, where (file, line, utterance) and what to do, in one line; of several faults, a line each."""


class InputError(C2SERError):
    """Input that cannot be used."""


class StorageError(C2SERError):
    """A file that cannot be written: the disk is full, a folder is read-only."""


class IncompleteError(C2SERError):
    """Work that is done but for inputs that cannot be used, and that a program ends with exit code 3 after."""


class TrainingError(C2SERError):
    """A training that cannot go on or whose result is useless, although its input is valid."""


def not_utf8(path: str | Path) -> InputError:
    """Returns the error of a text file that is not UTF-8, which names the first such line."""
    with open(path, "rb") as file:
        lines = (number for number, line in enumerate(file, 1) if not _is_utf8(line))
        return InputError(f"{path}:{next(lines, 1)}: not UTF-8; convert the file with iconv")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the program with one line on stderr.

    The exit code is 1 after an error, 3 where the work is done but inputs were left out, 130 after Ctrl-C.
    """
    try:
        yield
    except C2SERError as error:
        message = "\n".join(f"error: {line}" for line in str(error).splitlines())
        if not isinstance(error, IncompleteError):
            sys.exit(message)
        print(message, file=sys.stderr)
        sys.exit(LEFT_OUT)
    except BrokenPipeError:  # of a reader of stdout that has ended, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.exit(f"error: {describe(error)}")
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        sys.exit(130)


def describe(error: OSError) -> str:
    """Returns an operating system's error as one line: file, what is wrong, what to do."""
    what = " ".join((error.strerror or str(error) or type(error).__name__).split())
    parts = [str(part) for part in (error.filename, what) if part]
    remedy = None if error.errno is None else REMEDIES.get(error.errno)
    return ": ".join(parts) + (f"; {remedy}" if remedy else "")


@contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Names the file in errors of writing, which do not name it themselves.

    Raises:
        StorageError: the disk is full, or the file cannot be written.

    Example:
        >>> with writing("exp/log.txt"), open("exp/log.txt", "w") as file:  # doctest: +SKIP
        ...     file.write("done")
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None and error.errno not in FULL:
            raise
        named = OSError(error.errno, error.strerror or str(error), str(path))
        raise StorageError(describe(named)) from error
