"""Finished transcripts on disk: after a kill, and when a set is split in another way, none of them is made again."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from c2ser.data.files import locked, write_all
from c2ser.errors import InputError
from c2ser.transcription.transcriber import Transcript


class Journal:
    """An open journal; see `open_journal`.

    Attributes:
        transcripts: of each utterance that is finished.
    """

    def __init__(self, file: BinaryIO, keys: Mapping[str, str], transcripts: dict[str, Transcript]):
        self.transcripts = transcripts
        self._file = file
        self._keys = keys

    def append(self, transcripts: Mapping[str, Transcript]) -> None:
        """Adds transcripts, as one line, so that a line that is torn is a batch to do again.

        Raises:
            InputError: the disk is full, or another error of the system; what was there before stays whole.
        """
        line = {utt: [self._keys[utt], *transcript] for utt, transcript in transcripts.items()}
        write_all(self._file, f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        self.transcripts.update(transcripts)


@contextmanager
def open_journal(path: str | Path, keys: Mapping[str, str]) -> Iterator[Journal]:
    """Opens a journal for appending, with what it and the other journals (``*.jsonl``) of its folder have.

    A line reads ``{"<utterance>": ["<key>", "<text>", "<language>"], ...}``.

    Args:
        path: the journal; each of the programs that share a folder has its own.
        keys: of each utterance that is wanted, what its transcript is made from; one with another key is not taken.

    Raises:
        InputError: another program has the journal open, or a file of the folder is no journal.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path) as file:
        # A line that a kill has torn would spoil the next one.
        file.truncate(file.read().rfind(b"\n") + 1)
        transcripts: dict[str, Transcript] = {}
        for journal in sorted(path.parent.glob("*.jsonl")):
            for utt, key, transcript in _entries(journal):
                if keys.get(utt) == key:
                    transcripts.setdefault(utt, transcript)
        yield Journal(file, keys, transcripts)


def _entries(path: Path) -> Iterator[tuple[str, str, Transcript]]:
    """Yields (utterance, key, transcript) of whole lines; one that another program is just writing is none."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                entries = [(utt, key, Transcript(*rest)) for utt, (key, *rest) in json.loads(line).items()]
            except (ValueError, TypeError, AttributeError):
                raise InputError(f"{path}:{number}: no line of a journal of transcripts; move the file away") from None
            yield from entries
