"""Programs in Python that find no locks, as on some network file systems."""

from pathlib import Path

SITE = """import errno, fcntl
def flock(*_):
    raise OSError(errno.ENOLCK, "No locks available")
fcntl.flock = flock
"""


def no_locks(folder: Path) -> str:
    """Returns what PYTHONPATH has to begin with; a module that every Python loads is written to the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(SITE)
    return str(folder)
