"""The audio files that a user names: files, folders, lists, or paths on standard input."""

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from c2ser.data.ffmpeg import SUFFIXES as FFMPEG_SUFFIXES
from c2ser.data.names import SCP_SUFFIX
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

# Of the formats that libsndfile recognises by a header.
AUDIO_SUFFIXES = frozenset(
    ".wav .wave .flac .mp3 .ogg .oga .opus .aif .aiff .aifc .au .snd .caf .w64 .rf64 .sph .nist .voc .sf .ircam .avr"
    " .htk .paf .pvf .svx .iff .sds".split()
)
KNOWN_SUFFIXES = AUDIO_SUFFIXES | FFMPEG_SUFFIXES
NAMED = 3  # files that a message names
TEXTS = frozenset(".txt .md .csv .tsv .json .jsonl .yaml .yml .html .gitattributes".split())
LISTS = frozenset((".txt", ".lst", ".list", SCP_SUFFIX))
STANDARD_INPUT = "-"


def collect_audio(inputs: Iterable[str]) -> list[str]:
    """Returns the audio that a user names, in the order given.

    Args:
        inputs: files; folders, which are searched with those in them as `audio_files` does; lists, which are files
            whose names end with one of `LISTS`; and ``-`` for a list on standard input. A list has a file or a folder
            per line, relative to the current folder, and where it is an scp, an id before it; or it has null
            characters between its entries, as ``find -print0`` writes them.

    Raises:
        InputError: a folder has no audio, a list cannot be read or is empty, or nothing is named.

    Example:
        >>> collect_audio(["b.wav", "a.wav"])
        ['b.wav', 'a.wav']
    """
    paths: list[str] = []
    for item in inputs:
        if item == STANDARD_INPUT:
            paths += _entries(sys.stdin.buffer.read(), "standard input")
        elif Path(item).suffix.lower() in LISTS and not os.path.isdir(item):
            paths += _read_list(item)
        else:
            paths += _expand(item)
    if not paths:
        raise InputError("no audio is named; give files, folders, lists, or - and paths on standard input")
    return paths


def _expand(path: str) -> list[str]:
    """Returns the audio files below a folder; all else is taken for a file."""
    if not os.path.isdir(path):
        return [path]
    found = list(map(str, audio_files(Path(path))))
    if not found:
        raise InputError(f"{path}: no audio file in this folder or those in it; known are {_described_suffixes()}")
    return found


def _described_suffixes() -> str:
    return " ".join(sorted(KNOWN_SUFFIXES))


def _read_list(path: str) -> list[str]:
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such list; check the path") from None
    return _entries(content, path, ids=Path(path).suffix.lower() == SCP_SUFFIX)


def _entries(content: bytes, name: str, *, ids: bool = False) -> list[str]:
    """Returns the audio that a list names.

    Args:
        content: the list.
        name: what messages call it.
        ids: each line has an id before its path.
    """
    separator = b"\0" if b"\0" in content else b"\n"
    lines = (line.removesuffix(b"\r") for line in content.removeprefix(b"\xef\xbb\xbf").split(separator))
    entries = [os.fsdecode(line) for line in lines if line.strip()]
    if not entries:
        raise InputError(f"{name}: no path in this list; write one per line")
    if ids:
        entries = [entry.split(maxsplit=1)[-1] for entry in entries]
    return [path for entry in entries for path in _expand(entry)]


def audio_files(folder: Path) -> Iterator[Path]:
    """Yields the audio files below a folder, sorted in each of its folders.

    Suffixes are recognised in upper and lower case. Other files are counted, and the first are named in the log. Links
    are followed; hidden files, transcripts and other texts are passed over.

    Args:
        folder: where to look, in its folders too; where it does not exist there are no files.

    Yields:
        Paths below ``folder``.

    Raises:
        OSError: a folder cannot be read.
    """
    if not folder.is_dir():
        return
    others: list[Path] = []
    for root, folders, names in os.walk(folder, onerror=_raise, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not _leads_back(root, name))
        for name in sorted(names):
            suffix = Path(name).suffix.lower()
            if name.startswith(".") or suffix in TEXTS:
                continue
            if suffix in KNOWN_SUFFIXES:
                yield Path(root, name)
            else:
                others.append(Path(root, name).relative_to(folder))
    if others:
        files = "1 file that is" if len(others) == 1 else f"{len(others)} files that are"
        named = ", ".join(map(str, others[:NAMED])) + (", ..." if len(others) > NAMED else "")
        logger.warning("%s: left out %s not audio (convert to WAV): %s", folder, files, named)


def _raise(error: OSError) -> None:
    raise error


def _leads_back(root: str, name: str) -> bool:
    """Tells whether a folder is a link to one of the folders that it is in."""
    path = os.path.join(root, name)
    return os.path.islink(path) and Path(os.path.realpath(root)).is_relative_to(os.path.realpath(path))
