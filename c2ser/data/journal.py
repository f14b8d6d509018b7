"""Results of finished utterances on disk: after a kill, or when a set is split in another way, none is made again."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from c2ser.data.files import locked, write_fully
from c2ser.errors import InputError


class Journal:
    """An open journal; see `open_journal`.

    Attributes:
        done: utterance -> its result, of those that are finished.
    """

    def __init__(self, file: BinaryIO, done: dict[str, tuple]):
        self.done = done
        self._file = file

    def append(self, keys: Mapping[str, str], results: Mapping[str, tuple]) -> None:
        """Adds a batch of results as one line, so that a line that is torn is a batch to do again.

        Args:
            keys: utterance -> what its result is made from.
            results: utterance -> its result, of values that JSON has.

        Raises:
            StorageError: the disk is full, or another error of the system; what was there before stays whole.
        """
        line = {utt: [keys[utt], *result] for utt, result in results.items()}
        write_fully(self._file, f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        self.done.update(results)


@contextmanager
def open_journal(path: str | Path, keys: Mapping[str, str]) -> Iterator[Journal]:
    """Opens a journal for appending, with what it and the other journals (``*.jsonl``) of its folder have.

    A line reads ``{"<utterance>": ["<key>", <result>...], ...}``.

    Args:
        path: the journal; each of the programs that share a folder has its own.
        keys: utterance -> the fingerprint of what its result is made from; results with another key are not taken.

    Raises:
        InputError: another program has the journal open, or a file of the folder is not a journal.

    Example:
        >>> with open_journal("transcripts/1.jsonl", {"a-1": "cafe"}) as journal:
        ...     journal.append({"a-1": "cafe"}, {"a-1": ("hello", "en")})
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path) as file:
        # A line that a kill has torn would spoil the next one.
        file.truncate(file.read().rfind(b"\n") + 1)
        done: dict[str, tuple] = {}
        for journal in sorted(path.parent.glob("*.jsonl")):
            for utt, key, result in _entries(journal):
                if keys.get(utt) == key:
                    done.setdefault(utt, result)
        yield Journal(file, done)


def _entries(path: Path) -> Iterator[tuple[str, str, tuple]]:
    """Yields (utterance, key, result) of whole lines; the last one may be torn, or just being written."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                entries = [(utt, key, tuple(result)) for utt, (key, *result) in json.loads(line).items()]
            except (ValueError, TypeError, AttributeError):
                raise InputError(f"{path}:{number}: not a line of a journal; move the file away") from None
            yield from entries
