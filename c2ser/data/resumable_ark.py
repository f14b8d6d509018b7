"""A Kaldi ark that grows batch by batch, so that a killed program goes on where it stopped."""

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from c2ser.data.features import append_feature
from c2ser.data.files import locked, write_fully

Spans = dict[str, tuple[int, int]]  # utterance -> the bytes at which its matrix starts and ends


class ResumableArk:
    """An open ark; see `resumable_ark`.

    Attributes:
        done: utterance -> the bytes at which its matrix starts, as an scp file wants it, and ends.
    """

    def __init__(self, data: BinaryIO, journal: BinaryIO, *, done: Spans, end: int):
        self.done = done
        self._data = data
        self._journal = journal
        self._end = end

    def append(self, keys: Mapping[str, str], results: Mapping[str, np.ndarray]) -> None:
        """Appends a batch: its data first, then its line in the journal, so that what has a line is whole.

        Args:
            keys: utterance -> what its matrix is made from.
            results: utterance -> its matrix.

        Raises:
            StorageError: the disk is full, or another error of the system; what was there before stays whole.
        """
        content, spans = io.BytesIO(), {}
        for utt, matrix in results.items():
            start = self._end + append_feature(content, utt, feature=matrix)
            spans[utt] = (start, self._end + content.tell())
        write_fully(self._data, content.getbuffer())
        self._end += content.tell()
        line = {utt: [keys[utt], *span] for utt, span in spans.items()}
        write_fully(self._journal, f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        self.done.update(spans)


@contextmanager
def resumable_ark(path: str | Path, keys: Mapping[str, str]) -> Iterator[ResumableArk]:
    """Opens an ark for appending, with the batches in it that an interrupted or finished call has left.

    Until the block ends without an error, the data is in ``<path>.part``. ``<path>.journal`` stays; each of its lines
    is a batch, ``{"<utterance>": ["<key>", <start>, <end>], ...}``. Batches count as there up to the first that is
    torn, has an utterance with another key, or ends beyond the data; what comes after them is cut off.

    Args:
        path: the ark.
        keys: utterance -> the fingerprint of what its matrix is made from.

    Raises:
        InputError: another program has the ark open.

    Example:
        >>> with resumable_ark("features.ark", {"a-1": "cafe"}) as ark:
        ...     ark.append({"a-1": "cafe"}, {"a-1": np.zeros((10, 768), np.float32)})
    """
    ark = Path(path)
    part = ark.with_name(f"{ark.name}.part")
    ark.parent.mkdir(parents=True, exist_ok=True)
    with locked(ark.with_name(f"{ark.name}.journal")) as journal:
        batches = list(_batches_there(journal, keys))
        if not part.exists() and _size(ark) == _end(batches) > 0:
            if keys.keys() <= _joined(batches).keys():
                part = ark  # finished, nothing will be appended
            else:
                os.replace(ark, part)
        while _end(batches) > _size(part):
            batches.pop()
        journal.truncate(batches[-1].journal_end if batches else 0)
        with open(part, "ab", buffering=0) as data:
            data.truncate(_end(batches))
            yield ResumableArk(data, journal, done=_joined(batches), end=_end(batches))
        os.replace(part, ark)


class _Batch(NamedTuple):
    spans: Spans
    end: int
    journal_end: int


def _batches_there(journal: BinaryIO, keys: Mapping[str, str]) -> Iterator[_Batch]:
    """Yields the batches of a journal up to the first that is torn, does not follow the one before, or is of others."""
    end = journal_end = 0
    for line in journal.read().splitlines(keepends=True):
        journal_end += len(line)
        spans: Spans = {}
        try:
            for utt, (key, start, stop) in json.loads(line).items():
                if keys.get(utt) != key or start != end + len(f"{utt} ".encode()) or not start < stop:
                    return
                spans[utt] = (start, stop)
                end = stop
        except (ValueError, TypeError, AttributeError):
            return
        if not line.endswith(b"\n"):
            return
        yield _Batch(spans, end, journal_end)


def _joined(batches: list[_Batch]) -> Spans:
    return {utt: span for batch in batches for utt, span in batch.spans.items()}


def _end(batches: list[_Batch]) -> int:
    return batches[-1].end if batches else 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
