"""Parts of data directories: chosen utterances, even blocks for parallel jobs, and several directories as one."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import compress, islice
from pathlib import Path

from c2ser.data.columns import Row, rows
from c2ser.data.names import ATTRIBUTE_REASONS, OF_SPEAKERS, SEGMENTS, SPK2UTT, UTT2SPK, WAV_SCP
from c2ser.data.provenance import carry_provenance, feature_tables
from c2ser.data.speakers import write_spk2utt
from c2ser.data.staging import staged_directory, utterance_tables
from c2ser.data.tables import (
    count_lines,
    merge_tables,
    read_table,
    read_table_if_there,
    table_lines,
    table_writer,
    write_rows,
)
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SPARSE = (WAV_SCP, SEGMENTS, ATTRIBUTE_REASONS)  # tables by recording, and of what is undefined


def write_chosen(source: Path, target: Path, *, chosen: bytes | bytearray) -> None:
    """Writes the utterances of ``source`` for which ``chosen``, one byte per utterance, is not 0."""
    _distribute(source, [target], lambda all_rows: [compress(all_rows, chosen)])


def write_blocks(source: Path, targets: Sequence[Path], *, sizes: Sequence[int]) -> None:
    """Writes consecutive blocks of the given sizes, which add up to all utterances, to ``targets``."""
    _distribute(source, targets, lambda all_rows: [islice(all_rows, size) for size in sizes])


def combine(sources: Sequence[Path], target: Path) -> None:
    """Merges data directories into one; see `DataDir.combine`."""
    for source in sources:
        for name in (UTT2SPK, WAV_SCP):
            if not (source / name).is_file():
                raise InputError(f"{source / name}: no such file; {source} is not a complete data directory")
    with_segments = [source for source in sources if (source / SEGMENTS).exists()]
    if with_segments and len(with_segments) < len(sources):
        whole = next(source for source in sources if source not in with_segments)
        message = f"{with_segments[0]}: has {SEGMENTS}, {whole} does not; run extract_attributes, which cuts recordings"
        raise InputError(message)
    names = dict.fromkeys(name for source in sources for name in utterance_tables(source))
    names |= dict.fromkeys(name for name in OF_SPEAKERS if any((source / name).exists() for source in sources))
    with staged_directory(target) as folder:
        for name in names:
            paths = [source / name for source in sources if (source / name).exists()]
            # Parts of a set may share recordings and speakers.
            write_rows(folder / name, merge_tables(paths, repeated=name in (WAV_SCP, *OF_SPEAKERS)))
        for name in feature_tables(names):
            carry_provenance([source / name for source in sources if (source / name).exists()], folder / name)
        write_spk2utt(folder / SPK2UTT, folder / UTT2SPK)


def report_gaps(sources: Sequence[Path], target: Path) -> None:
    """Says in the log which directories have no lines for utterances in tables that the combined one has.

    Args:
        sources: the directories that were combined.
        target: what they became.
    """
    totals = {source: count_lines(source / UTT2SPK) for source in sources}
    for name in utterance_tables(target):
        if name in SPARSE:
            continue
        known = {source: count_lines(source / name) if (source / name).exists() else 0 for source in sources}
        lacking = [
            f"{total - known[source]} of {total} utterances of {source}"
            for source, total in totals.items()
            if known[source] < total
        ]
        if lacking:
            logger.warning("%s: no line for %s", name, ", ".join(lacking))


def _distribute(
    source: Path, targets: Sequence[Path], divide: Callable[[Iterator[Row]], Iterable[Iterator[Row]]]
) -> None:
    """Writes the rows of each target; tables per speaker and per recording follow the utterances."""
    if not (source / UTT2SPK).is_file():
        raise InputError(f"{source / UTT2SPK}: no such file; {source} is not a complete data directory")
    has_segments = (source / SEGMENTS).exists()
    names = [name for name in utterance_tables(source) if name != WAV_SCP or not has_segments]
    of_speakers = {name: read_table(source / name) for name in OF_SPEAKERS if (source / name).exists()}
    entries = read_table_if_there(source / WAV_SCP) if has_segments else {}
    all_rows = rows(source, (), optional=names)
    with ExitStack() as stack:
        folders = [stack.enter_context(staged_directory(target)) for target in targets]
        for folder, part in zip(folders, divide(all_rows)):
            _write_columns(folder, names, part)
            for name in feature_tables(names):
                carry_provenance([source / name], folder / name)
            write_spk2utt(folder / SPK2UTT, folder / UTT2SPK)
            for name, known in of_speakers.items():
                _write_known(folder / name, known, (key for _, key, _ in table_lines(folder / SPK2UTT)))
            if has_segments:
                segments = (value for _, _, value in table_lines(folder / SEGMENTS))
                _write_known(folder / WAV_SCP, entries, sorted({value.partition(" ")[0] for value in segments}))
        deque(all_rows, maxlen=0)  # checks the rest of the tables


def _write_columns(folder: Path, names: Sequence[str], part: Iterable[Row]) -> None:
    """Writes (utterance, value per table) rows as tables; None is left out."""
    with ExitStack() as stack:
        writers = [stack.enter_context(table_writer(folder / name)).write for name in names]
        for utterance, *values in part:
            for write, value in zip(writers, values):
                if value is not None:
                    write(utterance, value)


def _write_known(path: Path, table: dict[str, str], keys: Iterable[str]) -> None:
    write_rows(path, ((key, table[key]) for key in keys if key in table))
