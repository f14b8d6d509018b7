"""Audio in arks, read in large blocks: what slow disks and network file systems are fast at."""

import io
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from c2ser.data.location import AUDIO_MARK, HEAD, AudioLocation
from c2ser.errors import InputError

BLOCK_BYTES = 8_000_000  # at 100 MB/s a seek of 10 ms takes an eighth of the time that such a block does


class Block(NamedTuple):
    """Part of an ark.

    Attributes:
        path: of the ark.
        offsets: utterance -> the byte at which ``wav.scp`` says that it is, from first to last.
    """

    path: str
    offsets: dict[str, int]

    @property
    def start(self) -> int:
        """Where its first utterance is."""
        return next(iter(self.offsets.values()))

    @property
    def last(self) -> int:
        """Where its last utterance is."""
        return next(reversed(self.offsets.values()))


def audio_blocks(places: Iterable[tuple[str, str]], *, block_bytes: int = BLOCK_BYTES) -> list[Block]:
    """Divides utterances into blocks that stand together in an ark.

    Args:
        places: (utterance, its value in ``wav.scp``).
        block_bytes: size of a block, about.

    Raises:
        InputError: an utterance is not in an ark.

    Example:
        >>> blocks = audio_blocks([("a", "1.ark:2"), ("c", "1.ark:900"), ("b", "2.ark:2")], block_bytes=500)
        >>> [list(block.offsets) for block in blocks]
        [['a'], ['c'], ['b']]
    """
    arks: dict[str, list[tuple[int, str]]] = {}
    for utterance, value in places:
        location = AudioLocation.parse(value)
        if location.path is None or location.offset is None:
            raise InputError(f"'{utterance}': {value} is not in an ark; copy_audio makes arks of a data directory")
        arks.setdefault(location.path, []).append((location.offset, utterance))
    blocks: list[Block] = []
    for path, own in sorted(arks.items()):
        end = -1
        for offset, utterance in sorted(own):
            if offset >= end:
                blocks.append(Block(path, {}))
                end = offset + block_bytes
            blocks[-1].offsets[utterance] = offset
    return blocks


def read_block(block: Block) -> dict[str, memoryview]:
    """Reads a block at once.

    Returns:
        Utterance -> its audio file. What cannot be read so, because it is damaged or has no size before it, is left
        out: `AudioLocation.read` says why.
    """
    try:
        with open(block.path, "rb", buffering=0) as file:
            os.lseek(file.fileno(), block.start, os.SEEK_SET)
            content = _read(file, block.last - block.start + HEAD)
            content += _read(file, max(0, sum(_span(content, block.last - block.start)) - len(content)))
    except OSError:
        return {}
    view, audio = memoryview(content), {}
    for utterance, offset in block.offsets.items():
        first, size = _span(content, offset - block.start)
        if 0 < size <= len(content) - first:
            audio[utterance] = view[first : first + size]
    return audio


class ReadAhead:
    """Holds the audio of one window, a list of blocks, in memory, while a thread reads the next window.

    Args:
        windows: in the order in which they will be asked for.

    Example:
        >>> ReadAhead([[]]).window(0)
        {}
    """

    def __init__(self, windows: list[list[Block]]):
        self.windows = windows
        self._thread: ThreadPoolExecutor | None = None  # started where it reads, which may be another process
        self._read: dict[int, Future] = {}

    def window(self, number: int) -> Mapping[str, memoryview]:
        """Returns utterance -> its audio file, of one window; frees the others but the next one."""
        wanted = range(number, min(number + 2, len(self.windows)))
        for other in self._read.keys() - set(wanted):
            self._read.pop(other).cancel()
        self._thread = self._thread or ThreadPoolExecutor(max_workers=1)
        for one in wanted:
            if one not in self._read:
                self._read[one] = self._thread.submit(_read_window, self.windows[one])
        return self._read[number].result()


def _read_window(blocks: list[Block]) -> dict[str, memoryview]:
    audio: dict[str, memoryview] = {}
    for block in blocks:
        audio |= read_block(block)
    return audio


def _read(file: io.FileIO, size: int) -> bytearray:
    """Reads that many bytes, or as many as there are."""
    content = bytearray()
    while len(content) < size and (part := file.read(size - len(content))):
        content += part
    return content


def _span(content: bytearray, at: int) -> tuple[int, int]:
    """Returns where the audio of a record starts, and its size; 0 and 0 of one that does not state it."""
    mark_end = at + len(AUDIO_MARK)
    if content[at:mark_end] != AUDIO_MARK or mark_end >= len(content):
        return 0, 0
    first = mark_end + 1 + content[mark_end]
    return first, int.from_bytes(content[mark_end + 1 : first], "little")
