"""Reading answers: the emotion that one concludes with, and what a rationale states."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from c2ser.emotions import EMOTIONS, PAPER_EMOTIONS
from c2ser.languages.conclusion import concluded_emotions, is_label
from c2ser.languages.detection import detect_language
from c2ser.languages.emotion_words import EmotionMention, find_emotions
from c2ser.languages.language import BLANK
from c2ser.languages.levels import LevelMention, stated_levels
from c2ser.languages.quotes import (
    MARK,
    has_open_quote,
    mask_quotes,
    plain,
    spoken_pattern,
    spoken_words,
)
from c2ser.languages.registry import language_of


@dataclass(frozen=True)
class Rationale:
    """What a rationale states.

    Attributes:
        text: the rationale in Unicode's compatible forms, `MARK` in place of quoted words.
        language: ``en`` or ``zh``, of what stands outside of quotes; None where there are no letters.
        quotes: the words that it quotes, in order.
        levels: the levels stated of each attribute; more than one where it contradicts itself.
        level_mentions: each level as it is stated or denied.
        emotion_mentions: each word that stands for an emotion, with its place in ``text``.
        emotion: the emotion that it concludes with, of the whole vocabulary; None without one.

    Example:
        >>> read_rationale('A slow voice says "No." So the emotion is sad.').levels["rate"]
        frozenset({'low'})
    """

    text: str
    language: str | None
    quotes: tuple[str, ...]
    levels: Mapping[str, frozenset[str]]
    level_mentions: tuple[LevelMention, ...]
    emotion_mentions: tuple[EmotionMention, ...]
    emotion: str | None

    @property
    def is_whole(self) -> bool:
        """Whether it states a level, then its emotion in the last sentence, and nothing is cut off."""
        ends = [word.end for word in self.emotion_mentions if word.name == self.emotion and not word.denied]
        if not ends or not any(self.levels.values()) or has_open_quote(self.text):
            return False
        after = self.text[ends[-1] :]
        return bool(re.fullmatch(r"[^.!?。]*[.!?。]\W*", after)) and not find_levels(after, self.language)

    def level(self, attribute: str) -> str | None:
        """Returns the one level stated of an attribute; None where there is none, or more than one."""
        levels = self.levels[attribute]
        return next(iter(levels)) if len(levels) == 1 else None


def read_emotion(text: str, emotions: Collection[str] = PAPER_EMOTIONS) -> str | None:
    """Finds the emotion that an answer concludes with.

    Quoted words are the transcript's, and denied emotions, those of other people and those that are only asked or
    offered do not count. Of the others, a named conclusion counts before a mention, a later one before an earlier one.

    Args:
        text: an answer in English or Chinese.
        emotions: the label set.

    Returns:
        The canonical name, or None where the answer names none, several of equal weight, or one outside of the label
        set.

    Example:
        >>> read_emotion("The speaker is not angry but sad.")
        'sad'
        >>> read_emotion("推测情绪为愤怒，透露出强烈的不满和厌恶。")
        'angry'
        >>> read_emotion("The speaker is not angry.") is None
        True
    """
    chosen = concluded_emotions(text) & set(emotions)
    return chosen.pop() if len(chosen) == 1 else None


def last_emotion_word(text: str, emotions: Collection[str]) -> EmotionMention | None:
    """Finds the last word outside of quotes that names one of the emotions, which in a target is its conclusion.

    Args:
        text: a target, as it stands.
        emotions: the label set.

    Example:
        >>> word = last_emotion_word("The speaker's emotion is sad.", ["angry", "sad"])
        >>> word.name, word.start, word.end
        ('sad', 25, 28)
    """
    outside = mask_quotes(text, lambda _, quoted: " " * (len(quoted) + 2))
    return next((word for word in reversed(find_emotions(outside).mentions) if word.name in emotions), None)


def read_rationale(text: str, language: str | None = None, *, transcript: str | None = None) -> Rationale:
    """Reads what a rationale states.

    Args:
        text: the rationale.
        language: ``en`` or ``zh``; detected by default.
        transcript: the words that were said, which are found without quotes, too. Without it, all quoted words are
            taken for the transcript's.

    Example:
        >>> read_rationale('The words "I am glad" are shouted. The speaker is angry.').quotes
        ('I am glad',)
    """
    around, quotes = around_quotes(text, transcript)
    detected = detect_language(around)
    answer = text if transcript is None else mask_quotes(around, lambda *_: MARK)
    level_mentions = find_levels(around, language or detected)
    return Rationale(
        text=around,
        language=detected,
        quotes=tuple(quotes),
        levels={name: frozenset(levels) for name, levels in stated_levels(level_mentions).items()},
        level_mentions=tuple(level_mentions),
        emotion_mentions=tuple(find_emotions(around).mentions),
        emotion=read_emotion(answer, EMOTIONS),
    )


def find_levels(text: str, language: str | None) -> list[LevelMention]:
    """Finds the levels that a text states; see `Rationale.text` for its form."""
    return language_of(language).find_levels(re.sub(r"[*`#]", "", text).replace(MARK, '"'))


def around_quotes(text: str, transcript: str | None) -> tuple[str, list[str]]:
    """Returns a text as plain text with `MARK` in place of the transcript's words, and all quotes as they stand in it.

    Quotes of other words than the transcript's stay where they are, if there is a transcript.
    """
    said, quotes = spoken_words(transcript), []
    pattern = spoken_pattern(said)

    def mark(before: str, quoted: str) -> str:
        if transcript is None and is_label(before, quoted):
            return quoted
        quotes.append(quoted)
        return MARK if transcript is None or said and pattern.fullmatch(plain(quoted)) else f'"{quoted}"'

    around = plain(mask_quotes(text.replace(MARK, BLANK), mark))
    if said and MARK not in around:
        around = pattern.sub(MARK, around, count=1)
    return around, quotes
