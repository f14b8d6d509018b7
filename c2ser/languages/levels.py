"""Levels of pitch, volume and speaking rate that a text states: what all languages share."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

VOICE = frozenset({"pitch", "energy"})  # what may be meant by a low or high voice


class LevelMention(NamedTuple):
    """A level of one of ``attributes``, which are two where either may be meant; denied where ``negated``."""

    attributes: frozenset[str]
    level: str
    negated: bool


@dataclass(frozen=True)
class LevelWords:
    """A language's words for levels.

    Some contain their attribute ("slowly", "loud", 低沉); others are of the attribute whose name they stand with
    ("a rather high pitch", "pitch and volume are both low", 音调和音量都较高). What stands with a voice or sound, as in
    "a low voice", may be pitch or volume.

    Attributes:
        attributes: attribute, or ``voice`` -> its names, apart by spaces.
        specific: (attribute, level) -> words that contain both, apart by spaces.
        generic: level -> words that go with the name of an attribute, apart by spaces.
        turns: turns of phrase (regular expressions) -> plainer ones.
        negations: regular expression of words that deny.
        affirmations: regular expression of what looks like a negation and denies nothing.
        window: regular expression of what may stand between a negation and what it denies.
    """

    attributes: Mapping[str, str]
    specific: Mapping[tuple[str, str], str]
    generic: Mapping[str, str]
    turns: Mapping[str, str]
    negations: str
    affirmations: str
    window: str

    @cached_property
    def nouns(self) -> dict[str, frozenset[str]]:
        """Name of an attribute -> the attributes that it may mean."""
        names = {word: name for name, words in self.attributes.items() for word in words.split()}
        return {word: VOICE if name == "voice" else frozenset({name}) for word, name in names.items()}

    @cached_property
    def specific_words(self) -> dict[str, tuple[str, str]]:
        """Word -> (attribute, level)."""
        return {word: key for key, words in self.specific.items() for word in words.split()}

    @cached_property
    def generic_words(self) -> dict[str, str]:
        """Word -> level."""
        return {word: level for level, words in self.generic.items() for word in words.split()}

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a word for a level: whole words only where the language sets them apart."""
        words = [*self.specific_words, *self.generic_words]
        spaced = r"\b" if all(map(str.isascii, words)) else ""
        return re.compile(rf"{spaced}(?:{any_of(map(re.escape, words))}){spaced}", re.IGNORECASE)

    def plainer(self, text: str) -> str:
        """Replaces turns of phrase."""
        for pattern, word in self.turns.items():
            text = re.sub(pattern, word, text, flags=re.IGNORECASE)
        return text

    def is_negated(self, before: str) -> bool:
        """Whether what stands before a word denies it."""
        before = re.sub(self.affirmations, lambda found: "□" * len(found.group()), before, flags=re.IGNORECASE)
        return bool(re.search(f"(?:{self.negations}){self.window}", before, re.IGNORECASE))


def stated_levels(mentions: Iterable[LevelMention]) -> dict[str, set[str]]:
    """Returns the levels that are stated of each attribute; neither low nor high is medium.

    Example:
        >>> stated_levels([LevelMention(frozenset({"rate"}), "low", negated=False)])["rate"]
        {'low'}
    """
    stated: dict[str, set[str]] = {"pitch": set(), "energy": set(), "rate": set()}
    denied: dict[str, set[str]] = {"pitch": set(), "energy": set(), "rate": set()}
    for attributes, level, negated in mentions:
        if len(attributes) == 1:
            (denied if negated else stated)[next(iter(attributes))].add(level)
    for attribute, levels in denied.items():
        if {"low", "high"} <= levels:
            stated[attribute].add("medium")
    return stated


def any_of(words: Iterable[str]) -> str:
    """Returns an alternation of words, the longest first."""
    return "|".join(sorted(words, key=lambda word: -len(word)))
