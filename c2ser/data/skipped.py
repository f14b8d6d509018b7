"""Utterances that a command leaves out because their audio cannot be used."""

import logging
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from c2ser.data.names import SKIPPED
from c2ser.data.tables import read_table_if_there, table_lines, write_table
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


class Skipped:
    """Collects them, or raises at the first one.

    Args:
        allowed: whether utterances may be left out.

    Attributes:
        reasons: utterance -> what is wrong with it, in one line.

    Example:
        >>> skipped = Skipped(allowed=True)
        >>> skipped.add("a-1", "data/train/wav.scp:1: 'a-1': /nowhere.wav: no such file; check the path")
        >>> skipped.report("dump/train", num_utterances=8)
    """

    def __init__(self, *, allowed: bool = False):
        self.allowed = allowed
        self.reasons: dict[str, str] = {}

    def add(self, utterance: str, reason: str) -> None:
        """Leaves an utterance out.

        Raises:
            InputError: utterances may not be left out; with the reason as its message.
        """
        if not self.allowed:
            raise InputError(reason)
        if utterance not in self.reasons:
            logger.warning("skipped: %s", reason)
        self.reasons[utterance] = reason

    def report(self, output_dir: str | PathLike[str], *, num_utterances: int) -> None:
        """Writes the table ``skipped``, or deletes that of an earlier call, and logs how many there are."""
        path = Path(output_dir) / SKIPPED
        path.unlink(missing_ok=True)
        if self.reasons:
            write_table(path, self.reasons)
            logger.warning("skipped %d of %d utterances, listed in %s", len(self.reasons), num_utterances, path)


def merge_skipped(parts: Iterable[str | PathLike[str]], output_dir: str | PathLike[str], *, used: Path) -> None:
    """Puts the tables ``skipped`` of parallel jobs together, and logs how many utterances they list.

    Args:
        parts: the jobs' output folders; such a table may be missing.
        output_dir: where the table goes.
        used: a table of the utterances that were not skipped.

    Example:
        >>> merge_skipped(["dump/test/split2/1", "dump/test/split2/2"], "dump/test", used=Path("dump/test/utt2spk"))
    """
    skipped = Skipped(allowed=True)
    for part in parts:
        skipped.reasons |= read_table_if_there(Path(part) / SKIPPED)
    num_used = sum(1 for _ in table_lines(used)) if skipped.reasons else 0
    skipped.report(output_dir, num_utterances=num_used + len(skipped.reasons))
