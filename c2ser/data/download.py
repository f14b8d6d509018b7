"""Corpora that their makers let anyone download."""

import shutil
import tempfile
import zipfile
from pathlib import Path
from urllib.request import urlopen

from c2ser.errors import InputError


def download_zip(url: str, folder: str, target: Path, by_hand: str) -> None:
    """Downloads an archive and puts one of its top folders into ``target``, whole or not at all.

    Args:
        url: the archive.
        folder: its folder that is wanted.
        target: where the folder goes; if it is there already nothing is done.
        by_hand: what a user without network puts where; ends the error's line.

    Raises:
        InputError: the archive cannot be had, or lacks the folder.
    """
    if (target / folder).is_dir():
        return
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".download") as part:
        archive = Path(part) / "archive.zip"
        try:
            with urlopen(url, timeout=30) as response, open(archive, "wb") as file:
                shutil.copyfileobj(response, file)
            with zipfile.ZipFile(archive) as entries:
                entries.extractall(part)
            (Path(part) / folder).rename(target / folder)
        except (OSError, zipfile.BadZipFile) as error:
            reason = getattr(error, "reason", error)
            raise InputError(f"{target}/{folder}: not there, and {url} cannot be had ({reason}); {by_hand}") from None
