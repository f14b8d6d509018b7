"""Views of open files: a part of a file that reads as a file of its own."""

import io
from typing import BinaryIO


class Slice(io.RawIOBase):
    """Part of a file, which reads as a file of its own.

    Args:
        file: open for reading, seekable.
        start: its first byte.
        size: number of bytes.
    """

    def __init__(self, file: BinaryIO, start: int, *, size: int):
        super().__init__()
        self.size = size
        self._file, self._start = file, start
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:
        count = max(0, min(len(buffer), self.size - self._position))
        self._file.seek(self._start + self._position)
        content = self._file.read(count) if count else b""
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)
