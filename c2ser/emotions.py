"""The vocabulary of emotions, and the file of a recipe's label set."""

from collections.abc import Mapping
from pathlib import Path

from c2ser.errors import InputError, not_utf8

INVALID = "<invalid>"  # stands for an answer that names no emotion of the label set

# The paper's seven, in its order.
PAPER_EMOTIONS = ("angry", "happy", "neutral", "sad", "surprised", "disgusted", "fearful")

# All canonical names; those after the paper's are the labels of other corpora.
EMOTIONS = (*PAPER_EMOTIONS, "bored", "amused", "sleepy", "excited", "frustrated", "calm")


def parse_emotion(label: str) -> str:
    """Returns a label that is a canonical name.

    Raises:
        ValueError: it is not.
    """
    if label not in EMOTIONS:
        raise ValueError(f"unknown emotion '{label}'; known are {', '.join(EMOTIONS)}")
    return label


def check_emotions(labels: Mapping[str, str], path: str | Path) -> None:
    """Checks the labels that a file holds.

    Args:
        labels: utterance -> emotion.
        path: the file, for the message.

    Raises:
        InputError: one is not a canonical name.

    Example:
        >>> check_emotions({"utt1": "angry"}, "data/train/utt2emo")
    """
    for utt, emotion in labels.items():
        if emotion not in EMOTIONS:
            raise InputError(f"{path}: '{utt}': unknown emotion '{emotion}'; known are {', '.join(EMOTIONS)}")


def read_emotions(path: str | Path) -> list[str]:
    """Reads a recipe's label set, one canonical name per line; a byte order mark at its start is skipped.

    Args:
        path: the file.

    Raises:
        InputError: a name is unknown or a duplicate, there is none, or the file is not UTF-8.

    Example:
        >>> read_emotions("data/emotions")  # doctest: +SKIP
        ['angry', 'happy', 'sad']
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise not_utf8(path) from None
    names: list[str] = []
    for number, line in enumerate(lines, 1):
        name = line.strip()
        if name not in EMOTIONS:
            raise InputError(f"{path}:{number}: unknown emotion '{name}'; known are {', '.join(EMOTIONS)}")
        if name in names:
            raise InputError(f"{path}:{number}: duplicate emotion '{name}'")
        names.append(name)
    if not names:
        raise InputError(f"{path}: no emotion in it; write one name per line")
    return names
