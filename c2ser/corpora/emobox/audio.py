"""Finds the audio of EmoBox's lists in a copy of the corpus."""

import logging
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from c2ser.corpora.emobox.metadata import Row
from c2ser.data.decode import sound_file
from c2ser.data.ffmpeg import HEAD_BYTES, foreign_kind
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

LENGTH_TOLERANCE = 0.05  # seconds
NAMED = 3  # files or rows that a message names


def find_audio(rows: Sequence[Row], audio_dir: Path, *, skip_bad: bool = False) -> list[tuple[Row, Path]]:
    """Finds the audio file of each row.

    From all paths of a list as few leading folders are dropped as it takes for one of them to exist.

    Args:
        rows: of one list.
        audio_dir: the corpus's folder.
        skip_bad: leave out rows without audio and duplicate rows, and name them in the log, instead of an error.

    Returns:
        The rows that have audio, and their files.

    Raises:
        InputError: audio is missing, a row is a duplicate, or several rows have the same file.
    """
    rows = _without_duplicates(rows, skip_bad=skip_bad)
    wavs = _paths(rows, audio_dir)
    missing = [row for row, wav in zip(rows, wavs) if not wav.is_file()]
    if missing:
        counted = f"{len(missing)} of {len(rows)} files are missing below {audio_dir}: {_named(missing)}"
        if not skip_bad or len(missing) == len(rows):
            raise InputError(
                f"{missing[0].where}: no audio {missing[0].wav} ({counted}); give the corpus's own folder as"
                " --audio_dir, or leave out what is missing with --skip_bad"
            )
        logger.warning("%s: left out: %s", missing[0].path, counted)
    found = [(row, wav) for row, wav in zip(rows, wavs) if wav.is_file()]
    _check_shared_files(found, audio_dir)
    _compare_lengths(found)
    return found


def _without_duplicates(rows: Sequence[Row], *, skip_bad: bool) -> list[Row]:
    first: dict[str, Row] = {}
    duplicates = [row for row in rows if first.setdefault(row.key, row) is not row]
    for row in duplicates[:1]:
        if not skip_bad:
            raise InputError(
                f"{row.where}: '{row.key}' is a duplicate of line {first[row.key].line} ({len(duplicates)} duplicates);"
                " delete one of the lines, or leave duplicates out with --skip_bad"
            )
        lines = ", ".join(str(row.line) for row in duplicates[:NAMED])
        logger.warning("%s: left out: %d duplicate rows: lines %s", row.path, len(duplicates), lines)
    return list(first.values())


def _paths(rows: Sequence[Row], audio_dir: Path) -> list[Path]:
    deepest = max((len(row.wav.parts) for row in rows), default=0)
    for depth in range(deepest):
        wavs = [_spelled_as_there(audio_dir, str(PurePosixPath(*row.wav.parts[depth:]))) for row in rows]
        if any(wav.is_file() for wav in wavs):
            return wavs
    return [audio_dir / row.wav for row in rows]


def _spelled_as_there(audio_dir: Path, path: str) -> Path:
    """Finds a path whose accented letters may be spelled in another way than in the metadata."""
    wav = audio_dir / path
    if path.isascii() or wav.is_file():
        return wav
    spellings = [path]
    with suppress(UnicodeError):
        spellings.append(path.encode("cp1252").decode("cp850"))  # what an unpacker garbled, as in EmoBox's CaFE
    wavs = [audio_dir / unicodedata.normalize(form, spelling) for spelling in spellings for form in ("NFC", "NFD")]
    return next((other for other in wavs if other.is_file()), wav)


def _named(rows: Sequence[Row]) -> str:
    named = ", ".join(str(row.wav) for row in rows[:NAMED])
    return named + (", ..." if len(rows) > NAMED else "")


def _check_shared_files(found: Sequence[tuple[Row, Path]], audio_dir: Path) -> None:
    first: dict[tuple[Path, float | None], Row] = {}
    shared = [(row, other) for row, wav in found if (other := first.setdefault((wav, row.start), row)) is not row]
    for row, other in shared:
        if other.wav != row.wav:
            raise InputError(
                f"{row.where}: {row.wav} would be the same file as {other.wav} of line {other.line} below {audio_dir};"
                " give the corpus's top folder as --audio_dir"
            )
        if row.start is None:
            raise InputError(f"{row.where}: the same audio as line {other.line}, {row.wav}; delete one of the lines")
    if shared:  # as PAVOQUE's outtakes, which EmoBox lists under several labels
        row, other = shared[0]
        logger.warning(
            "%s: %d rows are the same part of a recording as another row, such as line %d as line %d",
            row.path,
            len(shared),
            row.line,
            other.line,
        )


def _compare_lengths(found: Sequence[tuple[Row, Path]]) -> None:
    """Counts files of another length than the metadata; those that only ffmpeg reads are not compared."""
    lengths = [(row, _seconds(wav)) for row, wav in found if row.start is None]
    known = [(row, seconds) for row, seconds in lengths if seconds is not None]
    differ = sum(abs(seconds - row.seconds) > LENGTH_TOLERANCE for row, seconds in known)
    if differ:
        logger.warning(
            "%s: %d of %d audio files differ in length from the metadata", found[0][0].path, differ, len(known)
        )


def _seconds(wav: Path) -> float | None:
    try:
        with open(wav, "rb", buffering=0) as file:
            if foreign_kind(file.read(HEAD_BYTES)):
                return None
            file.seek(0)
            with sound_file(file, str(wav)) as audio:
                return audio.frames / audio.samplerate
    except InputError:
        return 0.0
