"""Lettered options in a prompt, and the answers to it."""

import re
from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np

from c2ser.languages import read_emotion

OPTIONS = "{options}"  # stands for them in a prompt
# A letter alone, in brackets, before a mark, or after "answer" or "option".
LETTER = re.compile(r"^\W*([A-Z])(?=\W*$|[).:,])|\b(?:[Aa]nswer|[Oo]ption)(?: is)?\W*([A-Z])\b|\(([A-Z])\)")


def permuted(emotions: Sequence[str], order: int, *, seed: int = 0) -> tuple[str, ...]:
    """Returns a label set in one of its orders.

    Args:
        emotions: the label set.
        order: 0 for its own; others are drawn.
        seed: of the draw.

    Example:
        >>> permuted(["angry", "happy", "sad"], 0)
        ('angry', 'happy', 'sad')
    """
    if order == 0:
        return tuple(emotions)
    return tuple(map(str, np.random.default_rng([seed, order]).permutation(list(emotions))))


def with_options(prompt: str, options: Sequence[str]) -> str:
    """Puts options into a prompt.

    Example:
        >>> with_options("Which emotion? {options}", ["angry", "sad"])
        'Which emotion? (A) angry (B) sad'
    """
    return prompt.replace(OPTIONS, " ".join(f"({letter}) {name}" for letter, name in zip(ascii_uppercase, options)))


def read_option(text: str, options: Sequence[str]) -> str | None:
    """Reads the answer to a prompt with options: the emotion that it names, or whose letter it gives.

    Args:
        text: the answer.
        options: the emotions in the order of their letters.

    Returns:
        None where it does neither.

    Example:
        >>> read_option("(B)", ["angry", "sad"]), read_option("The speaker is angry.", ["angry", "sad"])
        ('sad', 'angry')
    """
    if (emotion := read_emotion(text, options)) is not None:
        return emotion
    found = LETTER.search(text)
    place = len(options) if found is None else ascii_uppercase.index(next(filter(None, found.groups())))
    return options[place] if place < len(options) else None
