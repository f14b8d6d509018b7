"""Features in Kaldi's ark files, appended and read without running anything, and in numpy's files, read."""

import struct
from pathlib import Path
from typing import BinaryIO

import kaldiio
import numpy as np
from kaldiio.matio import read_kaldi

from c2ser.errors import InputError

KALDI_BINARY = b"\0B"


def read_feature(location: str) -> np.ndarray:
    """Reads the matrix at ``<ark file>:<offset>``, the value of a line in an scp file.

    Kaldi's scp may also name a shell pipe, and kaldiio's ark may hold a pickle; both could run code and are refused.

    Returns:
        float32 array, (T, D) or, for a vector, (D,).

    Raises:
        InputError: the location is not ``<ark file>:<offset>``, the file is missing, or no whole matrix starts there.
    """
    ark, _, offset = location.rpartition(":")
    if not ark or not offset.isdecimal():
        raise InputError(
            f"'{location}' is not '<ark file>:<offset>'; copy the features to an ark file, pipes are not run"
        )
    try:
        with open(ark, "rb") as file:
            file.seek(int(offset))
            is_kaldi = file.read(len(KALDI_BINARY)) == KALDI_BINARY
            file.seek(int(offset))
            matrix = read_kaldi(file) if is_kaldi else None
    except FileNotFoundError:
        raise InputError(f"{ark}: no such file; extract the features again") from None
    except (AssertionError, ValueError, struct.error):
        matrix = None
    if matrix is None:
        raise InputError(f"{ark}: no whole matrix at byte {offset}; extract the features again")
    return np.asarray(matrix, dtype=np.float32)


def append_feature(ark: BinaryIO, utterance: str, *, feature: np.ndarray) -> int:
    """Appends a matrix or vector to an open ark and returns the byte that its content starts at, the offset in scp."""
    start = ark.tell() + len(f"{utterance} ".encode())
    kaldiio.save_ark(ark, {utterance: np.ascontiguousarray(feature)})
    return start


def read_npy(path: str | Path) -> np.ndarray:
    """Reads a matrix of features from a file of numpy's; one that holds a pickle is refused.

    Args:
        path: the file ``.npy``.

    Returns:
        float32 array (T, D).

    Raises:
        InputError: the file is missing or not numpy's, or no matrix of finite numbers.

    Example:
        >>> np.save("a.npy", np.ones((10, 768)))
        >>> read_npy("a.npy").shape
        (10, 768)
    """
    try:
        matrix = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; features are looked for by the name of the utterance") from None
    except (ValueError, EOFError, OSError):
        raise InputError(f"{path}: not an array of numpy's; write it with numpy.save") from None
    if not isinstance(matrix, np.ndarray) or matrix.ndim != 2 or matrix.dtype.kind not in "fiu":
        raise InputError(f"{path}: not a matrix of numbers; an utterance's features are (10, D)")
    if not np.isfinite(matrix).all():
        raise InputError(f"{path}: has values that are NaN or infinite; extract the features again")
    return matrix.astype(np.float32)
