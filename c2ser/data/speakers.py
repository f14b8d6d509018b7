"""Tables per speaker."""

from itertools import groupby
from pathlib import Path

from c2ser.data.external_sort import sort_lines
from c2ser.data.files import atomic_write
from c2ser.data.tables import sorted_lines


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


def _split_at_last_space(line: str) -> tuple[str, str]:
    speaker, _, utterance = line.rpartition(" ")
    return speaker, utterance
