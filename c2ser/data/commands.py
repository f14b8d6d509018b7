"""Which command made something, of which commit: as logs have it, and as it is noted beside results."""

import json
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from c2ser.data.files import write_json

ROOT = Path(__file__).resolve().parents[2]
NOTE = "made_by.json"


@dataclass(frozen=True)
class MadeBy:
    """What made the files of a folder.

    Attributes:
        command: the command line.
        data_dir: the data directory that it was about; None where that is not known.
        commit: of c2ser; None where it was not a checkout.
    """

    command: str
    data_dir: str | None = None
    commit: str | None = None


def note_command(output_dir: str | Path, command: str, *, data_dir: str | Path | None = None) -> None:
    """Notes beside the results of a command, in ``made_by.json``, how they were made.

    Args:
        output_dir: the folder of the results.
        command: the command line.
        data_dir: the data directory that it was about.

    Example:
        >>> note_command("exp/a/score", "c2ser score --ref ...", data_dir="dump/test")  # doctest: +SKIP
    """
    note = MadeBy(command, None if data_dir is None else str(data_dir), source_commit())
    write_json(Path(output_dir) / NOTE, asdict(note))


def noted_command(output_dir: str | Path) -> MadeBy | None:
    """Returns what `note_command` wrote; None where it wrote nothing, or somebody else did.

    Example:
        >>> noted_command("exp/a/score").data_dir  # doctest: +SKIP
        'dump/test'
    """
    try:
        return MadeBy(**json.loads((Path(output_dir) / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def logged_command(log: str | Path) -> str | None:
    """Returns the command in the first line of a launcher's log; None where there is none.

    Args:
        log: the log, whose first line is ``#`` and the command.

    Example:
        >>> logged_command("exp/alm_tiny_explicit/train.log")  # doctest: +SKIP
        'python -m c2ser.bin.alm_train --output_dir exp/alm_tiny_explicit'
    """
    if not Path(log).is_file():
        return None
    with open(log, encoding="utf-8", errors="replace") as file:
        mark, _, command = file.readline().strip().partition(" ")
    return without_folders(command) if mark == "#" and command else None


def without_folders(command: str) -> str:
    """Returns a command without the folders of its absolute paths, which tell of a machine and its user.

    Args:
        command: may name absolute paths, and ``~``.

    Example:
        >>> without_folders("./run.sh --source_dir /home/me/corpora/emodb --nj 2")
        './run.sh --source_dir .../emodb --nj 2'
    """
    return re.sub(r"(?<![^\s='\"])[~/][^\s'\"]*/(?=[^\s/'\"])", ".../", command)


def source_commit(root: Path = ROOT) -> str | None:
    """Returns the commit of a checkout, with a plus sign where files differ from it; None where there is none.

    Args:
        root: the checkout.
    """

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        if not (root / "setup.py").is_file() or not (commit := git("rev-parse", "HEAD")):
            return None
        return f"{commit}+" if git("status", "--porcelain", "--untracked-files=no") else commit
    except OSError:  # there is no git
        return None
