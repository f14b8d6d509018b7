"""Audio and video that libsndfile does not read, such as MP4 and M4A, by the program ffmpeg where it is installed."""

import io
import logging
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
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
# Their demuxers, none of which opens what a file names. Those of playlists do: of DASH's, ffmpeg asks only that
# "<MPD" is somewhere in the file, which may be after the first bytes of another kind.
DEMUXERS = "aac,ac3,aiff,amr,ape,asf,avi,caf,dsf,eac3,flv,iff,matroska,mov,mpc,mpc8,mpeg,ogg,rm,tta,w64,wav,wv"
SAFE = ["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS]
CONTEXT = re.compile(r"\[[^\]]* @ 0x[0-9a-f]+\]")  # that ffmpeg puts before what it says
SAID = 200  # characters of it that a message has
POLL = 0.1  # seconds after which it is looked whether the result is still wanted
BYTES_A_SECOND = 4 * 8 * 48000  # of what is decoded: float32, 7.1 channels at 48 kHz
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
    if head.startswith(b"fLaC"):  # which is what most are
        return None
    return next((kind for kind, (start, mark) in FOREIGN.items() if head.startswith(mark, start)), None)


def may_help(head: bytes) -> bool:
    """Tells whether ffmpeg is there, and may read a file that libsndfile does not, of a container that both know.

    Example:
        >>> may_help(b"some text")
        False
    """
    return head.startswith(SHARED) and shutil.which("ffmpeg") is not None


@dataclass(frozen=True)
class Bounds:
    """What ffmpeg may do with a file that a stranger sent.

    Attributes:
        audio: seconds that are decoded; the rest is left. They bound the bytes, too, by `BYTES_A_SECOND`.
        clock: seconds that it may take.
        given_up: is set when nobody waits for the result any longer.

    Example:
        >>> with open_audio(file, "a.m4a", Bounds(audio=600, clock=60)) as audio:  # doctest: +SKIP
        ...     blocks = list(audio.blocks)
    """

    audio: float
    clock: float
    given_up: Event = field(default_factory=Event)

    @property
    def bytes(self) -> int:
        """Size of what is decoded."""
        return int((self.audio + 2) * BYTES_A_SECOND)


@contextmanager
def converted(file: BinaryIO, name: str, *, kind: str, bounds: Bounds | None = None) -> Iterator[BinaryIO]:
    """Opens the first audio stream of a file as WAV, with all its channels, at its own sampling rate.

    Args:
        file: of a kind of `FOREIGN`.
        name: of the file, for errors.
        kind: as `foreign_kind` names it.
        bounds: None for a file that may be decoded whatever it takes.

    Raises:
        InputError: ffmpeg is not installed, cannot read the file, or needs more than the bounds.

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
    # Files without names: ffmpeg learns none, and none is left when this process is killed.
    with _with_descriptor(file) as source, tempfile.TemporaryFile(buffering=0) as wav:
        paths = [f"file:/dev/fd/{opened.fileno()}" for opened in (source, wav)]
        try:
            descriptors = (source.fileno(), wav.fileno())
            status, said = _run(_command(program, *paths, bounds=bounds), descriptors, bounds=bounds)
        except TimeoutError as error:
            raise InputError(f"{name}: {error}; send a part of it, or another format") from None
        said = " ".join(CONTEXT.sub("", said).replace(f" '{DEMUXERS}'", "").replace(f"{paths[0]}: ", "").split())[:SAID]
        size = wav.seek(0, io.SEEK_END)
        if status or not size:
            raise InputError(f"{name}: broken, or without sound: ffmpeg cannot read it ({said}); replace the file")
        if bounds is not None and size >= bounds.bytes:
            raise InputError(f"{name}: more than {bounds.bytes >> 20} MB when decoded; send fewer channels")
        if said:
            logger.warning("%s: ffmpeg says: %s", name, said)
        wav.seek(0)
        yield wav


@contextmanager
def _with_descriptor(file: BinaryIO) -> Iterator[BinaryIO]:
    """Yields the file itself where it has a descriptor; what is in memory or a part of a file is copied."""
    try:
        file.fileno()
    except io.UnsupportedOperation:
        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield copy
    else:
        yield file


def _command(program: str, source: str, target: str, *, bounds: Bounds | None) -> list[str]:
    """Returns the command; its time of the processor is bounded even where this process is gone.

    A second more than the bound is decoded, by which it is seen that the file is too long.
    """
    before, after = [], []
    if bounds is not None:
        before = ["-timelimit", str(int(bounds.clock) + 1)]
        after = ["-t", f"{bounds.audio + 1}", "-fs", str(bounds.bytes)]
    start = [program, "-nostdin", "-y", "-v", "error", *SAFE, *before, "-i", source]
    return [*start, "-map", "0:a:0", "-c:a", "pcm_f32le", *after, "-f", "wav", target]


def _run(command: Sequence[str], descriptors: Sequence[int], *, bounds: Bounds | None) -> tuple[int, str]:
    """Returns the status and what the program says; ends it where the bounds say so."""
    end = time.monotonic() + (float("inf") if bounds is None else bounds.clock)
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, pass_fds=descriptors, text=True, errors="replace", **pipes) as process:
        try:
            while True:
                try:
                    said = process.communicate(timeout=POLL)[1]
                    return process.returncode, said
                except subprocess.TimeoutExpired:
                    if bounds is not None and (bounds.given_up.is_set() or time.monotonic() > end):
                        raise TimeoutError(f"ffmpeg needs more than {bounds.clock:g} s") from None
        finally:
            process.kill()
