"""Sorting more lines than should be in memory: sorted runs in a temporary file each, then one merge."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from operator import itemgetter
from tempfile import TemporaryFile
from typing import TextIO

LINES_IN_MEMORY = 100_000

_WITHOUT_LINE_BREAK = itemgetter(slice(-1))


def sort_lines(lines: Iterable[str], lines_in_memory: int = LINES_IN_MEMORY) -> Iterator[str]:
    """Sorts lines by code point, as ``LC_ALL=C sort`` does, in memory that does not grow with their number.

    Args:
        lines: text without line breaks.
        lines_in_memory: the size of a sorted run.

    Yields:
        The lines in order.

    Example:
        >>> list(sort_lines(["b 2", "a 1"]))
        ['a 1', 'b 2']
    """
    lines = iter(lines)
    run = sorted(islice(lines, lines_in_memory))
    if len(run) < lines_in_memory:
        yield from run
        return
    with ExitStack() as files:
        runs: list[TextIO] = []
        last = ""
        while run:
            if not runs or run[0] < last:  # lines that come in order make one run
                runs.append(files.enter_context(TemporaryFile("w+", encoding="utf-8", newline="\n")))
            runs[-1].writelines(f"{line}\n" for line in run)
            last = run[-1]
            run = sorted(islice(lines, lines_in_memory))
        for file in runs:
            file.seek(0)
        yield from heapq.merge(*(map(_WITHOUT_LINE_BREAK, file) for file in runs))
