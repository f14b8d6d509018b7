"""Which characters of a target tell of the utterance, and what: its emotion, a level of its voice, or its words."""

from collections.abc import Collection
from enum import IntEnum
from typing import NamedTuple

from c2ser.languages.detection import word_language
from c2ser.languages.levels import LevelWords
from c2ser.languages.quotes import mask_quotes
from c2ser.languages.reading import last_emotion_word


class Part(IntEnum):
    """What a part of a target tells: ``LEVEL`` a low or high level, ``MEDIUM`` a medium one, ``WORDING`` nothing."""

    WORDING = 0
    EMOTION = 1
    LEVEL = 2
    TRANSCRIPT = 3
    MEDIUM = 4


class Span(NamedTuple):
    """Characters ``start`` to ``end`` (exclusive) of a target, and what they tell."""

    start: int
    end: int
    part: Part


def target_spans(text: str, emotions: Collection[str]) -> list[Span]:
    """Finds the parts of a target that tell of the utterance.

    Args:
        text: a target, or a rationale that was rewritten.
        emotions: the label set.

    Returns:
        The emotion that it concludes with, first; then words for levels, then quotes, without their marks and the
        closing mark with its transcript, which tells where the transcript ends. Empty if no emotion is named.

    Example:
        >>> text = 'Said at a fast pace. Here "No." is said. The emotion is sad.'
        >>> [(text[start:end], part.name) for start, end, part in target_spans(text, ["sad"])]
        [('sad', 'EMOTION'), ('fast', 'LEVEL'), ('No."', 'TRANSCRIPT')]
    """
    emotion = last_emotion_word(text, emotions)
    if emotion is None:
        return []
    quotes: list[Span] = []

    def blank(before: str, quoted: str) -> str:
        quotes.append(Span(len(before) + 1, len(before) + len(quoted) + 2, Part.TRANSCRIPT))
        return " " * (len(quoted) + 2)

    outside = mask_quotes(text, blank)
    words = word_language(text[emotion.start : emotion.end]).find_levels.words
    levels = [
        Span(*found.span(), _level_part(words, found.group().lower())) for found in words.pattern.finditer(outside)
    ]
    return [Span(emotion.start, emotion.end, Part.EMOTION), *levels, *quotes]


def _level_part(words: LevelWords, word: str) -> Part:
    level = words.generic_words[word] if word in words.generic_words else words.specific_words[word][1]
    return Part.MEDIUM if level == "medium" else Part.LEVEL
