"""Audio files that are not there, or of which only a stub is."""

import os
from pathlib import Path

from c2ser.errors import InputError

# The beginning of what Git has in the place of a file that Git LFS has not downloaded.
LFS_POINTER = b"version https://git-lfs"
LFS_REMEDY = "a pointer of Git LFS, not the file; run 'git lfs pull' in the clone, a zip of the site has only pointers"
POINTER_BYTES = 1024  # such a pointer is smaller


def check_file(path: str | Path) -> None:
    """Checks that a file is there and is more than a stub, without reading it.

    Args:
        path: of an audio file.

    Raises:
        InputError: it is missing, empty, or a pointer of Git LFS.

    Example:
        >>> check_file("nowhere.wav")
        Traceback (most recent call last):
        ...
        c2ser.errors.InputError: nowhere.wav: no such file; get it, or leave out what is missing with --skip_bad
    """
    try:
        size = os.stat(path).st_size
        head = b""
        if size < POINTER_BYTES:
            with open(path, "rb") as file:
                head = file.read(len(LFS_POINTER))
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise InputError(f"{path}: {reason}; get it, or leave out what is missing with --skip_bad") from None
    if size == 0:
        raise InputError(f"{path}: empty file, 0 samples; get it again, or leave it out with --skip_bad")
    if head == LFS_POINTER:
        raise InputError(f"{path}: {LFS_REMEDY}")
