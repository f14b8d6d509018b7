"""Audio of many utterances in few large files: FLAC in arks that kaldiio reads, each with an index.

An ark is a sequence of ``<utterance> AUDIO<width><size><FLAC>``, and ``wav.scp`` names a place in it as
``<ark>:<offset>``. Beside ``<ark>`` there is ``<ark>.index``, with a line ``<utterance> <offset> <end>`` per utterance
in the order of the ark, by which an ark that was cut is found without reading it.
"""

import glob
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from c2ser.data.files import locked, write_fully
from c2ser.data.location import AUDIO_MARK, AudioLocation
from c2ser.errors import InputError

SHARD_BYTES = 500_000_000  # from which on an ark is not continued
INDEX = ".index"
NOTHING = "no audio starts at"
ARKS_KNOWN = 16  # whose indexes are in memory at once


class Record(NamedTuple):
    """A line of an index.

    Attributes:
        utterance: its id.
        offset: the byte of the ark that ``wav.scp`` names.
        end: the byte after the record.
    """

    utterance: str
    offset: int
    end: int


class ShardWriter:
    """Appends audio to the arks ``<directory>/<name>.0001.ark``, ``<name>.0002.ark``, ...; see `shard_writer`."""

    def __init__(self, directory: Path, name: str, *, shard_bytes: int):
        self._directory, self._name, self._shard_bytes = directory, name, shard_bytes
        self._files = ExitStack()
        self._number = self._end = 0

    def append(self, utterance: str, audio: bytes) -> str:
        """Appends one utterance: its audio first, then its line in the index.

        Args:
            utterance: its id.
            audio: an audio file, such as FLAC.

        Returns:
            ``<ark>:<offset>``, as ``wav.scp`` has it.

        Raises:
            StorageError: the disk is full, or another error of the system; what was there before stays whole.
        """
        if self._number == 0 or self._end >= self._shard_bytes:
            self._open(self._number + 1, [])
        key, size = f"{utterance} ".encode(), len(audio)
        width = -(-size.bit_length() // 8)
        record = b"".join((key, AUDIO_MARK, bytes([width]), size.to_bytes(width, "little"), audio))
        offset = self._end + len(key)
        write_fully(self._ark, record)
        self._end += len(record)
        write_fully(self._index, f"{utterance} {offset} {self._end}\n".encode())
        return f"{self._path(self._number)}:{offset}"

    def resume(self, is_stale) -> None:
        """Opens the last ark, without the records at its end that are torn or stale; deletes arks that are so whole."""
        numbers = sorted(
            int(path.name.split(".")[-2]) for path in self._directory.glob(f"{glob.escape(self._name)}.[0-9]*.ark")
        )
        while numbers:
            path = self._path(numbers[-1])
            records = _whole_records(path)
            while records and is_stale(records[-1].utterance, f"{path}:{records[-1].offset}"):
                records.pop()
            if records:
                return self._open(numbers[-1], records)
            Path(path + INDEX).unlink(missing_ok=True)
            os.unlink(path)
            numbers.pop()

    def close(self) -> None:
        """Closes what is open."""
        self._files.close()

    def _path(self, number: int) -> str:
        return os.path.abspath(self._directory / f"{self._name}.{number:04d}.ark")

    def _open(self, number: int, records: list[Record]) -> None:
        """Opens an ark and its index for appending after some of its records."""
        self._files.close()
        path = self._path(number)
        self._index: BinaryIO = self._files.enter_context(locked(path + INDEX))
        self._ark: BinaryIO = self._files.enter_context(open(path, "ab", buffering=0))
        self._number, self._end = number, records[-1].end if records else 0
        lines = "".join(f"{utterance} {offset} {end}\n" for utterance, offset, end in records)
        for file, size in ((self._ark, self._end), (self._index, len(lines.encode()))):
            if os.fstat(file.fileno()).st_size != size:  # which otherwise would count as a change of all its utterances
                file.truncate(size)


@contextmanager
def shard_writer(
    directory: str | Path,
    name: str,
    *,
    utterances: Collection[str],
    stored: Mapping[str, str],
    shard_bytes: int = SHARD_BYTES,
) -> Iterator[ShardWriter]:
    """Opens arks for appending; a call after an interruption goes on where that was, and ends with the same bytes.

    Args:
        directory: the folder of the arks; made where it is missing.
        name: begins the names of the arks; of the programs that share a folder each has its own.
        utterances: that this call is about. What an earlier one has left of them counts only if ``stored`` names it.
        stored: utterance -> its place in an ark, of those that are done.
        shard_bytes: from which size on an ark is not continued.

    Raises:
        InputError: another program has the last ark open.

    Example:
        >>> with shard_writer("dump/train/audio", "1", utterances=["a-1"], stored={}) as shards:  # doctest: +SKIP
        ...     shards.append("a-1", Path("a.flac").read_bytes())
        '/corpus/dump/train/audio/1.0001.ark:4'
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    writer = ShardWriter(directory, name, shard_bytes=shard_bytes)
    try:
        writer.resume(lambda utterance, place: utterance in utterances and stored.get(utterance) != place)
        yield writer
    finally:
        writer.close()


class AudioFaults:
    """Tells what is wrong with places of audio, as far as sizes and the heads of files tell; indexes are read once.

    Example:
        >>> AudioFaults()(AudioLocation.parse("/nowhere.ark:17"))
        'no such file'
    """

    def __init__(self) -> None:
        self._spans = lru_cache(maxsize=ARKS_KNOWN)(_spans)

    def __call__(self, location: AudioLocation) -> str | None:
        """Returns what is wrong with a file or a place in an ark, None where nothing is; of a command always None.

        It can be said before the place's name.
        """
        if location.path is None:
            return None
        if location.offset is None:
            return _file_fault(location.path)
        fault, size, spans = self._spans(location.path)
        if fault or spans is None:
            return fault or _place_fault(location)
        end = spans.get(location.offset)
        if end is None:
            return NOTHING
        return None if end <= size else f"truncated: {size} of {end} bytes are there:"


def read_index(ark: str | Path) -> Iterator[Record]:
    """Yields the lines of an ark's index, up to one that is torn.

    Raises:
        InputError: there is no index, or it is not one.
    """
    path = f"{ark}{INDEX}"
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith("\n"):
                    return
                try:
                    utterance, offset, end = line.split(" ")
                    yield Record(utterance, int(offset), int(end))
                except ValueError:
                    raise InputError(f"{path}:{number}: not a line of an index; delete the file") from None
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None


def _whole_records(ark: str) -> list[Record]:
    if not os.path.exists(ark + INDEX):
        return []
    size = os.path.getsize(ark)
    return [record for record in read_index(ark) if record.end <= size]


def _spans(ark: str) -> tuple[str | None, int, dict[int, int] | None]:
    """Returns what is wrong with an ark, its size, and offset -> end of its records; None where it has no index."""
    if fault := _file_fault(ark):
        return fault, 0, None
    spans = {offset: end for _, offset, end in read_index(ark)} if os.path.exists(ark + INDEX) else None
    return None, os.path.getsize(ark), spans


def _file_fault(path: str) -> str | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return "no such file"
    if not stat.S_ISREG(status.st_mode):
        return "not a file"
    return None if status.st_size else "empty file"


def _place_fault(location: AudioLocation) -> str | None:
    try:
        with location.opened() as audio:
            return None if audio.read(1) else NOTHING
    except InputError as error:
        return f"{str(error).removeprefix(f'{location}: ').partition(';')[0]}:"
