"""Data directories that are written whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from c2ser.data.files import same_content
from c2ser.data.names import OF_SPEAKERS, PER_UTTERANCE, SCP_SUFFIX, UTT2SPK, WAV_SCP
from c2ser.data.provenance import feature_tables, provenance_path


def utterance_tables(directory: str | Path) -> list[str]:
    """Returns the names of the tables of a directory that have one line per utterance, and of ``wav.scp``."""
    directory = Path(directory)
    names = [name for name in PER_UTTERANCE if (directory / name).is_file()]
    return names + sorted(path.name for path in directory.glob(f"*{SCP_SUFFIX}"))


@contextmanager
def staged_directory(target: str | Path) -> Iterator[Path]:
    """Gives a temporary folder for tables, which are moved to ``target`` once the block ends without an error.

    ``wav.scp`` is deleted first and moved last: where it exists, the directory is complete. Tables that ``target``
    already has stay, unless the new ``utt2spk`` differs from theirs. After an error ``target`` is as it was.

    Args:
        target: the data directory; made where it is missing.

    Example:
        >>> with staged_directory("data/train") as folder:  # doctest: +SKIP
        ...     write_table(folder / "utt2spk", {"anna-1": "anna"})
    """
    target = Path(target)
    made = [folder for folder in (target, *target.parents) if not folder.exists()]
    staging = target / f".part{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)  # of a process that was killed and had the same number
    staging.mkdir(parents=True)
    try:
        yield staging
        clear_stale_tables(target, staging / UTT2SPK)
        for name in sorted(os.listdir(staging), key=lambda name: name == WAV_SCP):
            os.replace(staging / name, target / name)
        made = []
    finally:
        shutil.rmtree(staging)
        with suppress(OSError):  # another program may have put something there
            for folder in made:
                folder.rmdir()


def clear_stale_tables(directory: str | Path, utt2spk: str | Path) -> None:
    """Deletes ``wav.scp`` and, where ``utt2spk`` is of other utterances than the directory's, all its other tables."""
    directory = Path(directory)
    (directory / WAV_SCP).unlink(missing_ok=True)
    own = directory / UTT2SPK
    if own.exists() and not same_content(own, utt2spk):
        tables = utterance_tables(directory)
        for name in (*OF_SPEAKERS, *tables):
            (directory / name).unlink(missing_ok=True)
        for name in feature_tables(tables):
            provenance_path(directory / name).unlink(missing_ok=True)
