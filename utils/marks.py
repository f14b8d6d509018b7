"""Marks of the runs that are at work in a folder, where locks do not tell: a file system may have none, or keep them to
each machine.

A run has the file FOLDER/.lock open, to write or to read, as long as it is at work; see hold.py. Linux tells which
processes of this machine have. Those of other machines are told by a file each, FOLDER/.lock.MACHINE.PROCESS.writes or
.reads, which the run deletes at its end. Where it could not, as its machine died, the user has to.
"""

import os
from contextlib import suppress
from pathlib import Path

# Options of file systems by which flock excludes no other machine. FUSE asks the file system, and most have no locks.
LOCAL_LOCKS = {
    "nfs": {"nolock", "local_lock=all", "local_lock=flock"},
    "nfs4": {"local_lock=all", "local_lock=flock"},
    "lustre": {"localflock"},
    "cifs": {"nobrl"},
}


class Marked(Exception):
    """A run of another machine is at work in the folder; the text is its mark."""


def locks_are_shared(folder: Path) -> bool:
    """Returns False where the locks of a folder's file system are, or may be, those of this machine alone."""
    device = os.stat(folder).st_dev
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        mount, _, file_system = line.partition(" - ")
        if mount.split()[2] == f"{os.major(device)}:{os.minor(device)}":
            kind, _, options = file_system.split(" ", 2)
            return kind.partition(".")[0] != "fuse" and not LOCAL_LOCKS.get(kind, set()) & set(options.split(","))
    return True


def users(file: Path) -> set[str]:
    """Returns how processes of this machine, without this one and its parent, have a file open: "writes", "reads"."""
    path, found = file.resolve(), set()
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) in (os.getpid(), os.getppid()):
            continue
        with suppress(OSError):  # it has just ended, or is another user's
            for number in os.listdir(process / "fd"):
                with suppress(OSError):  # it was just closed
                    found |= how_open(process, number, path)
    return found


def how_open(process: Path, number: str, path: Path) -> set[str]:
    """Returns {"writes"} or {"reads"} if a process has a file open by a descriptor, otherwise an empty set."""
    link = process / "fd" / number
    # A program that serves a file system has a file of the same name open, on another one.
    if os.readlink(link) != str(path) or not os.path.samefile(link, path):
        return set()
    flags = (process / "fdinfo" / number).read_text().split("flags:")[1].split()[0]
    return {"writes" if int(flags, 8) & os.O_ACCMODE else "reads"}


def mark(folder: Path, *, shared: bool) -> None:
    """Marks a folder as one where the calling shell is at work.

    Raises ``BlockingIOError`` if another run of this machine excludes it, `Marked` if one of another machine does.
    """
    own, excluding = ("reads", ("writes",)) if shared else ("writes", ("writes", "reads"))
    if users(folder / ".lock") & set(excluding):
        raise BlockingIOError
    machine = f".lock.{os.uname().nodename}"
    name = f"{machine}.{os.getppid()}.{own}"
    part = folder / f"{name}.part"
    part.touch()
    os.replace(part, folder / name)  # a change of the folder: a network file system forgets what it knew of it
    # Others are looked for last, so that of two runs that begin at once not both miss the other.
    for path in sorted(folder.glob(".lock.*")):
        where, _, kind = path.name.rsplit(".", 2)
        if where != machine and kind in excluding:
            (folder / name).unlink()
            raise Marked(path)
        if where == machine and not shared and path.name != name:
            path.unlink(missing_ok=True)  # of a run that was killed
