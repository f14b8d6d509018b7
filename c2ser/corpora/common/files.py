"""The audio files below a folder, and the transcripts beside them."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from c2ser.data.ffmpeg import SUFFIXES as FFMPEG_SUFFIXES
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

# Of the formats that libsndfile recognises by a header.
AUDIO_SUFFIXES = frozenset(
    ".wav .wave .flac .mp3 .ogg .oga .opus .aif .aiff .aifc .au .snd .caf .w64 .rf64 .sph .nist .voc .sf .ircam .avr"
    " .htk .paf .pvf .svx .iff .sds".split()
)
KNOWN_SUFFIXES = AUDIO_SUFFIXES | FFMPEG_SUFFIXES
NAMED = 3  # files that a message names
TRANSCRIPT_SUFFIXES = (".txt", ".TXT", ".Txt")
TEXTS = frozenset(".txt .md .csv .tsv .json .jsonl .yaml .yml .html .gitattributes".split())


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


def read_transcript(wav: Path) -> str | None:
    """Reads the transcript beside an audio file, in the file of the same name with the suffix ``.txt``.

    Args:
        wav: the audio file.

    Returns:
        Its lines as one, without a byte order mark; None where there is no transcript, or an empty one.

    Raises:
        InputError: the transcript is not UTF-8.
    """
    path = next((path for suffix in TRANSCRIPT_SUFFIXES if (path := wav.with_suffix(suffix)).is_file()), None)
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); convert it with iconv") from None
    return " ".join(text.split()) or None
