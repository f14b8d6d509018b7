"""Audio and video that libsndfile does not read, such as MP4 and M4A, by the program ffmpeg where it is installed."""

import io
import logging
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from c2ser.errors import InputError

logger = logging.getLogger(__name__)

# What libsndfile does not read, by the bytes that it starts with (offset, bytes).
FOREIGN = {
    "MPEG-4 (mp4, m4a)": (4, b"ftyp"),
    "QuickTime (mov)": (4, (b"moov", b"mdat", b"wide", b"free", b"skip")),
    "AVI": (8, b"AVI "),
    "AMR": (0, b"#!AMR"),
    "AAC": (0, (b"\xff\xf1", b"\xff\xf9")),
    "AC-3": (0, b"\x0b\x77"),
    "Windows Media": (0, b"0&\xb2u\x8ef\xcf\x11"),
    "Matroska or WebM": (0, b"\x1aE\xdf\xa3"),
    "Flash video": (0, b"FLV\x01"),
    "RealMedia": (0, b".RMF"),
    "MPEG video": (0, b"\x00\x00\x01\xba"),
    "Monkey's Audio": (0, b"MAC "),
    "WavPack": (0, b"wvpk"),
    "True Audio": (0, b"TTA1"),
    "Musepack": (0, (b"MPCK", b"MP+")),
    "DSD": (0, b"DSD "),
}
# Containers that libsndfile reads, but not with each coding.
SHARED = (b"RIFF", b"OggS", b"caff", b"FORM")
# What a file may name is not fetched, from a network or another file.
SAFE = ["-protocol_whitelist", "file"]
CONTEXT = re.compile(r"\[[^\]]* @ 0x[0-9a-f]+\]")  # that ffmpeg puts before what it says
SAID = 200  # characters of it that a message has
HEAD_BYTES = 16  # that tell the kind
# Names of such files.
SUFFIXES = frozenset(
    ".mp4 .m4a .m4b .m4v .mov .qt .3gp .3g2 .avi .amr .aac .ac3 .wma .wmv .asf .mkv .mka .webm .weba .flv .rm .ra .mpg"
    " .mpeg .vob .ape .wv .tta .mpc .dsf .spx".split()
)


def foreign_kind(head: bytes) -> str | None:
    """Tells which kind of file that ffmpeg is needed for begins with some bytes; None for all others.

    Example:
        >>> foreign_kind(b"\\0\\0\\0 ftypM4A "), foreign_kind(b"RIFF$\\0\\0\\0WAVEfmt ")
        ('MPEG-4 (mp4, m4a)', None)
    """
    return next((kind for kind, (start, mark) in FOREIGN.items() if head[start:].startswith(mark)), None)


def may_help(head: bytes) -> bool:
    """Tells whether ffmpeg is there, and may read a file that libsndfile does not, of a container that both know.

    Example:
        >>> may_help(b"some text")
        False
    """
    return head.startswith(SHARED) and shutil.which("ffmpeg") is not None


@contextmanager
def converted(file: BinaryIO, name: str, *, kind: str) -> Iterator[BinaryIO]:
    """Opens the first audio stream of a file as WAV, with all its channels, at its own sampling rate.

    Args:
        file: of a kind of `FOREIGN`.
        name: of the file, for errors.
        kind: as `foreign_kind` names it.

    Raises:
        InputError: ffmpeg is not installed, or cannot read the file.

    Example:
        >>> with open("a.mp4", "rb") as file, converted(file, "a.mp4", kind="MPEG-4") as wav:  # doctest: +SKIP
        ...     recording = decode(wav, "a.mp4")
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError(
            f"{name}: {kind} needs the program ffmpeg, which is not on PATH; install it (apt-get install ffmpeg, or"
            " conda install ffmpeg), or convert it with ffmpeg elsewhere: ffmpeg -i IN OUT.wav"
        )
    with tempfile.TemporaryDirectory(prefix="c2ser") as folder:
        target = Path(folder, "audio.wav")
        options = ["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", f"file:{target}"]
        command = [program, "-nostdin", "-v", "error", *SAFE, "-i", f"file:{_path(file, folder)}", *options]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        said = " ".join(CONTEXT.sub("", done.stderr).replace(folder, "").split())[:SAID]
        if done.returncode or not target.exists():
            raise InputError(f"{name}: broken, or without sound: ffmpeg cannot read it ({said}); replace the file")
        if said:
            logger.warning("%s: ffmpeg says: %s", name, said)
        with open(target, "rb", buffering=0) as wav:
            yield wav


def _path(file: BinaryIO, folder: str) -> Path:
    """Returns where a file is; what is only a part of one, or in memory, is written to the folder."""
    if isinstance(file, io.FileIO) and isinstance(file.name, str):
        return Path(file.name).absolute()
    copy = Path(folder, "input")
    file.seek(0)
    with open(copy, "wb") as target:
        shutil.copyfileobj(file, target)
    return copy
