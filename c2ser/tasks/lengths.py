"""Utterances that are too long are named before a training starts, and not when their turn comes."""

from collections.abc import Iterable
from pathlib import Path

from c2ser.data.limits import check_seconds
from c2ser.data.resample import SAMPLE_RATE
from c2ser.data.tables import table_lines
from c2ser.errors import InputError


def check_lengths(shape_files: Iterable[str | Path]) -> None:
    """Checks that no utterance is longer than `MAX_SECONDS`.

    Args:
        shape_files: utterance -> number of samples at 16 kHz.

    Raises:
        InputError: one is longer; names file, line and utterance.

    Example:
        >>> check_lengths(["dump/train/utt2num_samples"])  # doctest: +SKIP
    """
    for path in shape_files:
        for number, utt, shape in table_lines(path):
            try:
                check_seconds(int(shape.partition(",")[0]) / SAMPLE_RATE)
            except InputError as error:
                raise InputError(f"{path}:{number}: '{utt}': {error}") from None
            except ValueError:
                raise InputError(f"{path}:{number}: '{utt}': '{shape}' is not a number of samples") from None
