"""How audio of several channels becomes mono: the centre channel where there is one, else the mean of all.

In films and series the centre channel of 5.1 has the speech, and the others have music, effects and the room.
"""

from typing import BinaryIO

CENTRE = 0x4  # in a WAV's mask of channels, whose bits are in the order of the channels: left, right, centre, ...
EXTENSIBLE = 0xFFFE  # the format of a WAV that has such a mask
# Channels -> place of the centre: of FLAC and, without a mask, of WAV in the usual order; of Ogg.
FLAC_CENTRES = {3: 2, 5: 2, 6: 2, 7: 2, 8: 2}
WAV_CENTRES = {6: 2, 8: 2}
OGG_CENTRES = dict.fromkeys((3, 5, 6, 7, 8), 1)


def centre_channel(file: BinaryIO, kind: str, *, channels: int) -> int | None:
    """Finds the centre channel of audio.

    Args:
        file: open for reading, seekable; it is left at its beginning.
        kind: its format as soundfile names it.
        channels: their number.

    Returns:
        Its place, from 0; None where there is none, or the format does not tell.

    Example:
        >>> import io
        >>> centre_channel(io.BytesIO(), "FLAC", channels=6), centre_channel(io.BytesIO(), "FLAC", channels=2)
        (2, None)
    """
    if channels < 3:
        return None
    if kind == "FLAC":
        return FLAC_CENTRES.get(channels)
    if kind == "OGG":
        return OGG_CENTRES.get(channels)
    if kind not in ("WAV", "WAVEX"):
        return None
    mask = _wav_mask(file)
    if not mask:
        return WAV_CENTRES.get(channels)
    return (mask & CENTRE - 1).bit_count() if mask & CENTRE else None


def _wav_mask(file: BinaryIO) -> int:
    """Reads the mask of channels from a WAV's ``fmt`` chunk; 0 where it has none."""
    file.seek(12)
    mask = 0
    while len(chunk := file.read(8)) == 8:
        size = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"fmt ":
            content = file.read(min(size, 40))
            if int.from_bytes(content[:2], "little") == EXTENSIBLE:
                mask = int.from_bytes(content[20:24], "little")
            break
        file.seek(size + size % 2, 1)
    file.seek(0)
    return mask
