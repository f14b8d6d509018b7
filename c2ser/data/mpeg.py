"""MP3 whose beginning does not state its length, as recorders, streams and byte tools leave it.

libsndfile estimates the length of such a file from its size and the bit rate of its first frame, and reads no further.
A file that seems to be far longer than it is makes the estimate so large that the decoder reads to the real end.
"""

import io
from typing import BinaryIO

from c2ser.data.views import Slice

LONGER = 64  # at least the ratio of the highest bit rate (320 kbit/s) to the lowest (8 kbit/s)
ID3V1 = 128  # bytes at the end of a file that decoders look at first
SEARCHED = 4096  # bytes in which the first frame starts and has its tag
TAGS = (b"Xing", b"Info", b"VBRI")
SYNC, LAYER = 0xE0, 0x06  # bits of a frame's second byte, after one of ones: all of SYNC are set, one of LAYER is


def states_length(file: BinaryIO) -> bool:
    """Tells whether a file's length is known from its beginning: it is not MP3, or MP3 with a Xing or VBRI tag.

    Args:
        file: open for reading; it is left at its beginning.
    """
    file.seek(0)
    head = file.read(10)
    tag = _id3_size(head)
    is_mp3 = tag > 0 or len(head) > 1 and head[0] == 0xFF and head[1] & SYNC == SYNC and head[1] & LAYER != 0
    if is_mp3:
        file.seek(tag)
        head = file.read(SEARCHED)
        is_mp3 = head[:4] != b"fLaC"  # which may follow an ID3 tag too
    file.seek(0)
    return not is_mp3 or any(name in head for name in TAGS)


def _id3_size(head: bytes) -> int:
    """Returns the bytes of an ID3v2 tag at the beginning of a file; 0 where there is none."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return size + 10


class Lengthened(Slice):
    """A file that seems to be 64 times as long as it is; its last 128 bytes, where ID3v1 would be, read as zeros.

    Args:
        file: open for reading, seekable.
    """

    def __init__(self, file: BinaryIO):
        self._end = file.seek(0, io.SEEK_END)
        super().__init__(file, 0, size=LONGER * self._end + ID3V1)

    @property
    def at_end(self) -> bool:
        """Whether all of the file has been read."""
        return self._position >= self._end

    def readinto(self, buffer: memoryview) -> int:
        if self._position < self.size - ID3V1:
            return super().readinto(buffer)  # from the real end on this reads nothing
        count = min(len(buffer), max(0, self.size - self._position))
        buffer[:count] = bytes(count)
        self._position += count
        return count
