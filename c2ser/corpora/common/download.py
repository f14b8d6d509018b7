"""Corpora that anyone may download."""

import hashlib
import logging
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO
from urllib.request import urlopen

from c2ser.corpora.common.corpus import Archive
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

BLOCK_BYTES = 1 << 20


def download_archive(archive: Archive, target: Path, *, by_hand: str) -> None:
    """Downloads an archive and puts its folder into ``target``, whole or not at all.

    Args:
        archive: what to download; its SHA-256 is checked where it is known.
        target: where the folder goes; if it is there already nothing is done.
        by_hand: what a user without network puts where; ends the error's line.

    Raises:
        InputError: the archive cannot be downloaded, has another checksum, or lacks the folder.
    """
    if (target / archive.folder).is_dir():
        return
    size = "" if archive.bytes is None else f", {archive.bytes / 1e6:.0f} MB"
    logger.info("downloading %s%s", archive.url, size)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".download") as part:
        path = Path(part) / "archive.zip"
        try:
            with urlopen(archive.url, timeout=30) as response, open(path, "wb") as file:
                digest = _copy(response, file)
            _check(archive, digest, path.stat().st_size)
            with zipfile.ZipFile(path) as entries:
                entries.extractall(part, [name for name in entries.namelist() if _is_below(name, archive.folder)])
            (Path(part) / archive.folder).rename(target / archive.folder)
        except (OSError, zipfile.BadZipFile) as error:
            reason = getattr(error, "reason", error)
            raise InputError(
                f"{target}/{archive.folder}: no such folder, and {archive.url} cannot be downloaded ({reason});"
                f" {by_hand}"
            ) from None


def _copy(source: BinaryIO, target: BinaryIO) -> str:
    """Copies a stream and returns the SHA-256 of its bytes."""
    digest = hashlib.sha256()
    while block := source.read(BLOCK_BYTES):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def _check(archive: Archive, digest: str, size: int) -> None:
    if archive.sha256 is None:
        logger.warning("%s: not verified, as no checksum of it is known; its SHA-256 is %s", archive.url, digest)
    elif digest != archive.sha256:
        raise InputError(
            f"{archive.url}: the SHA-256 of what was downloaded ({size} bytes) is {digest}, not {archive.sha256};"
            " download it again, or find out whether the corpus has changed"
        )


def _is_below(name: str, folder: str) -> bool:
    return Path(name).parts[:1] == (folder,)
