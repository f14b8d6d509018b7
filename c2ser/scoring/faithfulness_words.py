"""Quoted words against the words that were said: errors of words and characters, by jiwer."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import jiwer

from c2ser.languages.quotes import plain

# Letters of scripts that set no spaces between words: Han, kana, Thai, Lao, Burmese, Khmer.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


class WordErrors(NamedTuple):
    """Edits that turn the reference into the quoted words.

    Attributes:
        char_edits, chars: edits of characters, and characters of the reference.
        word_edits, words: the same of words; both 0 where the script sets no spaces between words.
    """

    char_edits: int
    chars: int
    word_edits: int
    words: int


class Chunk(NamedTuple):
    """A stretch of an alignment.

    Attributes:
        kind: ``equal``, ``substitute``, ``delete`` (said and not quoted) or ``insert`` (quoted and not said).
        reference, quoted: the units that were said and quoted, as text.
    """

    kind: str
    reference: str
    quoted: str


def normalised(text: str) -> str:
    """Returns what is compared of a text: its letters, marks and digits in lower case, words apart by one space.

    Unicode's forms of a character become one (NFKC); apostrophes are deleted, other punctuation is as good as a space;
    scripts without spaces between words have none at all.

    Args:
        text: a transcript or quoted words.

    Example:
        >>> normalised("Don’t — STOP!"), normalised("我 很高兴。")
        ('dont stop', '我很高兴')
    """
    letters = plain(plain(text).casefold()).replace("'", "")
    words = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in letters).split()
    return ("" if is_unspaced(text) else " ").join(words)


def is_unspaced(text: str) -> bool:
    """Whether most letters of a text are of a script that sets no spaces between words.

    Example:
        >>> is_unspaced("我喜欢用 PC。"), is_unspaced("I like 微信.")
        (True, False)
    """
    return 2 * len(_UNSPACED.findall(text)) > sum(map(str.isalpha, text))


def word_errors(reference: str, quoted: str) -> WordErrors | None:
    """Counts the errors of quoted words.

    Args:
        reference: what was said.
        quoted: what an answer says that was said; empty where it does not quote.

    Returns:
        None where the reference has neither letter nor digit.

    Example:
        >>> word_errors("No, sir!", "no madam")
        WordErrors(char_edits=5, chars=6, word_edits=1, words=2)
    """
    said, heard = _comparable(reference, quoted)
    if not said:
        return None
    chars = jiwer.process_characters(said, heard)
    char_edits = chars.substitutions + chars.deletions + chars.insertions
    if is_unspaced(reference):
        return WordErrors(char_edits, len(said), 0, 0)
    words = jiwer.process_words(said, heard)
    word_edits = words.substitutions + words.deletions + words.insertions
    return WordErrors(char_edits, len(said), word_edits, len(said.split()))


def alignment(reference: str, quoted: str) -> list[Chunk]:
    """Aligns quoted words with those that were said, by words, or by characters where words have no spaces.

    Args:
        reference: what was said.
        quoted: what an answer says that was said.

    Example:
        >>> alignment("No, sir!", "no madam")
        [Chunk(kind='equal', reference='no', quoted='no'), Chunk(kind='substitute', reference='sir', quoted='madam')]
    """
    said, heard = _comparable(reference, quoted)
    if not said:
        return [Chunk("insert", "", heard)] if heard else []
    unspaced = is_unspaced(reference)
    aligned = (jiwer.process_characters if unspaced else jiwer.process_words)(said, heard)
    joint = "" if unspaced else " "
    (units,), (quoted_units,) = aligned.references, aligned.hypotheses

    def text(units: Sequence[str], start: int, end: int) -> str:
        return joint.join(units[start:end])

    return [
        Chunk(
            chunk.type,
            text(units, chunk.ref_start_idx, chunk.ref_end_idx),
            text(quoted_units, chunk.hyp_start_idx, chunk.hyp_end_idx),
        )
        for chunk in aligned.alignments[0]
    ]


def _comparable(reference: str, quoted: str) -> tuple[str, str]:
    """Both normalised; characters of a reference without spaces are compared with such of a quote."""
    said, heard = normalised(reference), normalised(quoted)
    return said, heard.replace(" ", "") if is_unspaced(reference) else heard
