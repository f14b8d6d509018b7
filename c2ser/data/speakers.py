"""Tables per speaker, and the mark of speakers that are unknown: an utterance's speaker has the utterance's id."""

import logging
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from c2ser.data.external_sort import sort_lines
from c2ser.data.files import atomic_write
from c2ser.data.names import UTT2SPK
from c2ser.data.tables import sorted_lines
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

MIN_SPEAKERS = 3  # that leaving one out takes: one to test on, one as dev set, one to train on


def write_spk2utt(path: str | Path, utt2spk: str | Path) -> None:
    """Writes the utterances of each speaker, sorted, in memory that does not grow with their number.

    Args:
        path: the ``spk2utt`` to write.
        utt2spk: the table to invert.
    """
    pairs = (f"{speaker} {utterance}" for _, utterance, speaker in sorted_lines(utt2spk))
    with atomic_write(path) as file:
        for speaker, group in groupby(map(_split_at_last_space, sort_lines(pairs)), key=lambda pair: pair[0]):
            file.write(speaker)
            file.writelines(f" {utterance}" for _, utterance in group)
            file.write("\n")


def known_speaker(utterance: str, speaker: str) -> str | None:
    """Returns the speaker; None where it is the utterance's own id, by which unknown speakers are written.

    Example:
        >>> known_speaker("anna-1", "anna"), known_speaker("clip7", "clip7")
        ('anna', None)
    """
    return None if speaker == utterance else speaker


def describe_unknown_speakers(pairs: Iterable[tuple[str, str]]) -> str | None:
    """Says of how many utterances the speakers are unknown; None where all are known.

    Args:
        pairs: utterances and their speakers.

    Example:
        >>> describe_unknown_speakers([("anna-1", "anna"), ("clip7", "clip7")])
        'speakers of 1 of 2 utterances unknown'
        >>> describe_unknown_speakers([("clip7", "clip7")])
        'speakers unknown'
    """
    total = unknown = 0
    for utterance, speaker in pairs:
        total += 1
        unknown += known_speaker(utterance, speaker) is None
    if unknown == 0:
        return None
    return "speakers unknown" if unknown == total else f"speakers of {unknown} of {total} utterances unknown"


def report_unknown_speakers(directory: Path) -> None:
    """Says in the log of how many utterances of a data directory the speakers are unknown, if they are of any."""
    pairs = ((utterance, speaker) for _, utterance, speaker in sorted_lines(directory / UTT2SPK))
    if unknown := describe_unknown_speakers(pairs):
        logger.warning("%s: %s; whether sets share speakers cannot be checked", directory, unknown)


def speakers_to_divide_by(utt2spk: str | Path, least: int = MIN_SPEAKERS) -> dict[str, str]:
    """Reads the speakers of a set that is to be divided by speaker.

    Args:
        utt2spk: the table.
        least: the smallest number of speakers that will do.

    Returns:
        utterance -> speaker.

    Raises:
        InputError: a speaker is unknown, or there are too few.

    Example:
        >>> speakers_to_divide_by("data/all/utt2spk")["anna-1"]  # doctest: +SKIP
        'anna'
    """
    speakers, first = {}, {}
    for number, utterance, speaker in sorted_lines(utt2spk):
        if known_speaker(utterance, speaker) is None:
            raise InputError(
                f"{utt2spk}:{number}: speakers unknown ('{utterance}' stands for its own speaker): the set cannot be"
                " divided by speaker; use another protocol"
            )
        speakers[utterance] = speaker
        first.setdefault(speaker, number)
    if len(first) < least:
        found = ", ".join(f"'{speaker}' from line {number}" for speaker, number in first.items()) or "none"
        raise InputError(
            f"{utt2spk}:{max(first.values(), default=1)}: {len(first)} speakers ({found}); dividing by speaker takes"
            f" {least} or more"
        )
    return speakers


def _split_at_last_space(line: str) -> tuple[str, str]:
    speaker, _, utterance = line.rpartition(" ")
    return speaker, utterance
