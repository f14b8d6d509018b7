"""``SHA256SUMS``: the checksums of a packed model's files, which ``sha256sum --check`` reads as well.

They tell files that were copied in part, or changed since, from those that were packed. Whoever can write the folder
can write them too, so they do not tell who packed it.
"""

import logging
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from c2ser.data.fingerprint import checksum
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

MANIFEST, CARD = "SHA256SUMS", "README.md"

# What people edit or put there: how the model decodes and words answers, what is low and high. The readers of these
# files check them field by field. The card has no checksum, as the hub's pages edit it, too.
EDITED = ("config.yaml", "attribute_thresholds.yaml")


def write_manifest(folder: str | Path) -> None:
    """Writes the checksums of all files of a folder but its card.

    Args:
        folder: the packed model's.

    Example:
        >>> write_manifest("exp/packed")  # doctest: +SKIP
    """
    folder = Path(folder)
    (folder / MANIFEST).unlink(missing_ok=True)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = [f"{checksum(folder / name)}  {name}\n" for name in names if name != CARD]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")


def verify_manifest(folder: str | Path) -> None:
    """Checks that the files of a folder are those that were packed.

    Reading and hashing take about as long as reading alone, which loading does anyway. Of the files that people edit it
    is only said in the log that they were.

    Args:
        folder: the packed model's.

    Raises:
        InputError: there are no checksums, a file is missing, or it has another checksum.

    Example:
        >>> verify_manifest("exp/packed")  # doctest: +SKIP
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise InputError(f"{folder / MANIFEST}: no such file; copy the whole folder of the packed model again")
    for expected, name in _read(folder / MANIFEST):
        path = folder / name
        if path.is_file() and checksum(path) == expected:
            continue
        if name in EDITED:
            logger.warning("%s: was edited after it was packed", path)
        elif path.is_file():
            raise InputError(f"{path}: is not the file that was packed (SHA-256 differs); copy the whole folder again")
        else:
            raise InputError(f"{path}: no such file; copy the whole folder of the packed model again")


def manifest_names(folder: str | Path) -> list[str]:
    """Returns the names of the files that have checksums.

    Args:
        folder: the packed model's.

    Raises:
        InputError: they cannot be read.

    Example:
        >>> manifest_names("exp/packed")[:2]  # doctest: +SKIP
        ['config.yaml', 'emotion2vec_s/config.yaml']
    """
    return [name for _, name in _read(Path(folder) / MANIFEST)]


def _read(path: Path) -> Iterator[tuple[str, str]]:
    """Yields checksum and name of each line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a list of checksums; copy the whole folder of the packed model again") from None
    for number, line in enumerate(lines, 1):
        digest, separator, name = line.partition("  ")
        if len(digest) != 64 or not separator or not is_inside(name):
            raise InputError(f"{path}:{number}: not a checksum and the name of a file of the folder; copy it again")
        yield digest, name


def is_inside(name: str) -> bool:
    """Tells whether a name, with slashes, is that of a file below a folder.

    Args:
        name: relative to the folder.

    Example:
        >>> is_inside("llm/config.json"), is_inside("../secret"), is_inside("/etc/passwd")
        (True, False, False)
    """
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name
