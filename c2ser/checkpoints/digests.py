"""Digests of models' files, computed once: a model of 7 B parameters is otherwise hashed by each process at each start.

A digest is remembered by the files' paths, sizes and times, in ``$XDG_CACHE_HOME/c2ser/digests`` (``~/.cache`` by
default). Deleting the folder loses nothing but time.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

from huggingface_hub import try_to_load_from_cache

from c2ser.data.fingerprint import checksum, fingerprint

STARTED = time.time()  # of this program
_HEX = 2 * sha256().digest_size


def remembered_digest(compute: Callable[[], bytes], files: Iterable[str | Path], *, settings: object = ()) -> bytes:
    """Returns a SHA-256 of what files hold, which one process computes and the others, and later ones, look up.

    Nothing is remembered of files that changed after `STARTED`: they may not be those that were read.

    Args:
        compute: computes it, 32 bytes.
        files: that it depends on.
        settings: what else it depends on; see `c2ser.data.fingerprint.fingerprint`.

    Example:
        >>> remembered_digest(lambda: hash_of("a.safetensors"), ["a.safetensors"])  # doctest: +SKIP
    """
    try:
        stats = [(os.path.realpath(path), os.stat(path)) for path in files]
        folder = _folder()
    except (OSError, RuntimeError):  # no such file; no home
        return compute()
    if not stats or any(stat.st_ctime > STARTED for _, stat in stats):
        return compute()
    known = [(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in stats]
    return _looked_up(folder / fingerprint(known, settings), compute)


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "c2ser" / "digests"


def _looked_up(entry: Path, compute: Callable[[], bytes]) -> bytes:
    """Reads an entry, or makes it while other processes wait; where none can be written, computes.

    All processes would write the same, at the same place, so that an entry needs no file system with locks.
    """
    if (digest := _read(entry)) is not None:
        return digest
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(entry, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        return compute()
    try:
        _lock(file)
        if (digest := _read(entry)) is None:
            digest = compute()
            _write(file, digest)
        return digest
    finally:
        os.close(file)  # and the lock with it, as at the end of a process that is killed


def _read(entry: Path) -> bytes | None:
    """None where there is no entry, or one that is incomplete."""
    try:
        text = entry.read_bytes()
        return bytes.fromhex(text.decode("ascii")) if len(text) == _HEX else None
    except (OSError, ValueError):
        return None


def _lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:  # some network file systems have no locks
        pass


def _write(file: int, digest: bytes) -> None:
    try:
        os.pwrite(file, digest.hex().encode("ascii"), 0)
        os.ftruncate(file, _HEX)
    except OSError:  # a full disk, say; the digest is computed again next time
        pass


def file_digest(path: str | Path) -> bytes:
    """Returns the SHA-256 of a file's content, by `remembered_digest`.

    Example:
        >>> file_digest("model.safetensors").hex()  # doctest: +SKIP
    """
    return remembered_digest(lambda: bytes.fromhex(checksum(path)), [path])


def model_files(name: str) -> list[Path]:
    """Returns the files of a model of transformers that its weights depend on: they, their index, the configuration.

    Args:
        name: folder, or hub id of a model that was downloaded; of another one there are none.

    Example:
        >>> model_files("Qwen/Qwen2-7B")  # doctest: +SKIP
    """
    folder = Path(name)
    if not folder.is_dir():
        configuration = try_to_load_from_cache(name, "config.json")
        if not isinstance(configuration, str):
            return []
        folder = Path(configuration).parent
    return sorted(path for pattern in ("*.safetensors", "*.bin", "*.json") for path in folder.glob(pattern))
