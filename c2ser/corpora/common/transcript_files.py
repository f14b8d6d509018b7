"""The transcript beside an audio file."""

from pathlib import Path

from c2ser.errors import InputError

TRANSCRIPT_SUFFIXES = (".txt", ".TXT", ".Txt")


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
