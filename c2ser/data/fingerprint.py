"""Fingerprints: short names of contents, equal where and only where the contents are.

Work that was done is found again by the fingerprint of all that it depends on. For the weights of models see
`c2ser.checkpoints.fingerprint`.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from pathlib import Path

LENGTH = 32  # hexadecimal digits, 128 bits
_BLOCK_BYTES = 1 << 20


def fingerprint(*parts: object) -> str:
    """Names a content in 32 hexadecimal digits, the same on every machine and in every version of Python.

    Args:
        parts: numbers, texts, None, and mappings, sequences, sets and dataclasses of such.

    Example:
        >>> fingerprint("praat", 16000) == fingerprint("praat", 16000) != fingerprint("world", 16000)
        True
    """
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def files_fingerprint(paths: Iterable[str | Path]) -> str:
    """Names the contents of files, such as the code that a result depends on; their names do not count.

    Example:
        >>> code = files_fingerprint(sorted(Path("c2ser/acoustics").glob("*.py")))
    """
    return fingerprint([checksum(path) for path in paths])


def checksum(path: str | Path) -> str:
    """Returns the SHA-256 of a file in hexadecimal digits.

    Args:
        path: the file, which may be larger than memory.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _plain(part: object) -> object:
    if is_dataclass(part):
        return asdict(part)
    if isinstance(part, (set, frozenset)):
        return sorted(part)
    if isinstance(part, Path):
        return str(part)
    raise TypeError(f"a {type(part).__name__} cannot be part of a fingerprint")
