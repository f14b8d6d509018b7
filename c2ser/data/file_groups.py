"""Groups of files that are worked on together, the same ones in each run."""

import os
from collections.abc import Iterator, Sequence

FIRST, LARGEST = 16, 256  # files
LARGEST_BYTES = 32 << 20  # 17 minutes at 16 kHz and 16 bits


def file_groups(files: Sequence[str]) -> Iterator[list[str]]:
    """Yields consecutive files in groups that are sorted by length inside, and after which results can be written.

    The first groups are small, so that results are soon seen; large files form small groups, so that little is lost
    where a run is interrupted. Groups depend on the files alone.

    Args:
        files: paths.

    Example:
        >>> [len(group) for group in file_groups(["none.wav"] * 60)]
        [16, 32, 12]
    """
    group: list[str] = []
    total, limit = 0, FIRST
    for file in files:
        size = _size(file)
        if group and (len(group) == limit or total + size > LARGEST_BYTES):
            yield group
            group, total, limit = [], 0, min(2 * limit, LARGEST)
        group.append(file)
        total += size
    if group:
        yield group


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size
    except (OSError, ValueError):  # reading it will say what is wrong
        return 0
