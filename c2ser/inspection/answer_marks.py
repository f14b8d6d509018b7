"""An answer cut into pieces that are right, wrong, or part of no sentence that one could read."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from c2ser.acoustics.levels import LEVELS
from c2ser.emotions import EMOTIONS
from c2ser.languages import LANGUAGES, Language, language_of, last_emotion_word
from c2ser.languages.conclusion import is_label
from c2ser.languages.quotes import mask_quotes
from c2ser.rationales.wording import CONCLUSION, STYLE, WORDS, match_sentence
from c2ser.scoring.faithfulness_comparison import Comparison

RIGHT, WRONG, UNREADABLE, PLAIN = "right", "wrong", "unreadable", ""


class Piece(NamedTuple):
    """A stretch of an answer.

    Attributes:
        text: as it stands in the answer.
        mark: `RIGHT`, `WRONG`, `UNREADABLE` or `PLAIN`.
        note: what is wrong with it; empty where nothing is.
    """

    text: str
    mark: str
    note: str = ""


class _Span(NamedTuple):
    start: int
    end: int
    mark: str
    note: str


def marked_answer(comparison: Comparison) -> list[Piece]:
    """Cuts an answer into pieces.

    Levels as the templates say them, quotes and the concluding emotion are right or wrong where that is known. What
    belongs to no sentence of a template is unreadable, unless the answer is a whole rationale in words of its own.

    Args:
        comparison: of an answer.

    Returns:
        Pieces whose texts are the answer.

    Example:
        >>> from c2ser.scoring.faithfulness_comparison import AnsweredUtterance, compare
        >>> said = "This is said in a low pitch. The"
        >>> utterance = AnsweredUtterance("a", said, ("high", "nan", "nan"), None, False, "en", "sad")
        >>> for piece in marked_answer(compare(utterance)):
        ...     print(piece)
        Piece(text='This is said ', mark='', note='')
        Piece(text='in a low pitch', mark='wrong', note='pitch: measured high')
        Piece(text='. ', mark='', note='')
        Piece(text='The', mark='unreadable', note='')
    """
    text = comparison.of.said or ""
    spans = sorted([*_levels(text, comparison), *_quotes(text, comparison), *_emotion(text, comparison)])
    readable = _readable(text, language_of(comparison.answer.language), comparison.answer.sentences is not None)
    pieces, place = [], 0
    for span in spans:
        if span.start >= place:
            pieces += _unmarked(text, place, span.start, readable)
            pieces.append(Piece(text[span.start : span.end], span.mark, span.note))
            place = span.end
    return pieces + list(_unmarked(text, place, len(text), readable))


def _levels(text: str, comparison: Comparison) -> Iterator[_Span]:
    """The levels outside of quotes, as the templates of any language say them."""
    outside = mask_quotes(text, lambda _, quoted: " " * (len(quoted) + 2))
    for language in LANGUAGES.values():
        for attribute, phrases in language.templates.phrases.items():
            measured = comparison.measured.get(attribute)
            for level, phrase in zip(LEVELS, phrases):
                for found in re.finditer(re.escape(phrase), outside):
                    mark = PLAIN if measured is None else RIGHT if level == measured else WRONG
                    yield _Span(*found.span(), mark, f"{attribute}: measured {measured}" if mark == WRONG else "")


def _quotes(text: str, comparison: Comparison) -> list[_Span]:
    errors, spans = comparison.errors, []

    def keep(before: str, quoted: str) -> str:
        if quoted and not is_label(before, quoted):
            start = len(before) + 1
            mark = PLAIN if errors is None else WRONG if errors.char_edits else RIGHT
            note = f"{errors.char_edits} of {errors.chars} characters wrong" if mark == WRONG else ""
            spans.append(_Span(start, start + len(quoted), mark, note))
        return ""

    mask_quotes(text, keep)
    return spans


def _emotion(text: str, comparison: Comparison) -> Iterator[_Span]:
    word, label = last_emotion_word(text, EMOTIONS), comparison.of.emotion
    if word is not None and word.name == comparison.answer.emotion:
        mark = PLAIN if label is None else RIGHT if word.name == label else WRONG
        yield _Span(word.start, word.end, mark, f"labelled {label}" if mark == WRONG else "")


def _readable(text: str, language: Language, is_whole: bool) -> bytearray:
    """For each character, whether it belongs to a sentence."""
    readable, place = bytearray([is_whole]) * len(text), 0
    while place < len(text) and not is_whole:
        kinds = (STYLE, WORDS, CONCLUSION)
        matches = (match_sentence(text, kind, language=language, start=place) for kind in kinds)
        found = next((match for match in matches if match), None)
        end = found.end() + len(language.templates.sentence_joint) if found else place + 1
        readable[place : min(end, len(text))] = bytes([found is not None]) * (min(end, len(text)) - place)
        place = end
    return readable


def _unmarked(text: str, start: int, end: int, readable: bytearray) -> Iterator[Piece]:
    """The pieces of a stretch without levels, quotes and emotion."""
    while start < end:
        stop = next((place for place in range(start, end) if readable[place] != readable[start]), end)
        yield Piece(text[start:stop], PLAIN if readable[start] else UNREADABLE)
        start = stop
