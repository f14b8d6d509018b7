"""Quotes of all styles, and the words of a transcript in a text, quoted or not."""

import re
import unicodedata
from collections.abc import Callable, Sequence

QUOTE_MARKS = '"“”„‟«»「」『』〝〞＂'
MARK = "\ue000"  # stands for quoted words

_HAN = "[\u3400-\u9fff]"
# A straight quote mark opens before a word and closes after one, where spaces tell them apart.
_STRAIGHT = re.compile(r'(?<![A-Za-z0-9.!?])"(?=\S)[^"]*(?<=\S)"(?![A-Za-z0-9])')
_ANY_STRAIGHT = re.compile('"[^"]*"')
_OTHER = re.compile(
    '＂[^＂]*＂|“[^”]*”|“[^“”"]*"|"[^"“”]*”|„[^“”]*[“”]|«[^»]*»|»[^«]*«|「[^」]*」|『[^』]*』|〝[^〞]*〞'
    r"|(?<![\w'])'(?=[^\s'])(?:[^'\n]|(?<=\w)'(?=\w))*'(?!\w)"
    r"|(?<!\w)‘(?=\S)(?:[^‘’\n]|(?<=\w)’(?=\w))*’(?!\w)"
)
_OPEN = re.compile(r'[“„«「『〝]|(?<![A-Za-z0-9.!?。！？])"(?=\w)')
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|(?<=[!?])(?=[\u3400-\u9fff])")
_PAIRS = ("“”", "「」", "『』", "«»")


def plain(text: str) -> str:
    """Returns a text in Unicode's compatible forms, with one kind of apostrophe.

    Example:
        >>> plain("It’s ＂so＂ ")
        'It\\'s "so"'
    """
    return unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").strip()


def mask_quotes(text: str, replacement: Callable[[str, str], str]) -> str:
    """Replaces quoted passages.

    Args:
        text: the text.
        replacement: called with the text before a passage and with the passage without its quote marks.
    """
    straight = _STRAIGHT if _STRAIGHT.search(text) else _ANY_STRAIGHT
    quoted = re.compile(f"{straight.pattern}|{_OTHER.pattern}")
    return quoted.sub(lambda found: replacement(text[: found.start()], found.group()[1:-1]), text)


def split_open_quote(text: str) -> tuple[str, list[str]]:
    """Splits a text at its first quote mark that is not closed.

    Args:
        text: a text whose closed quotes are masked.

    Returns:
        What stands before the mark, and the sentences after it; all of the text and none where all quotes are closed.

    Example:
        >>> split_open_quote('The words "No. The speaker is sad.')
        ('The words ', ['No.', 'The speaker is sad.'])
    """
    before, *after = _OPEN.split(text, maxsplit=1)
    return before, [sentence for sentence in _SENTENCE_END.split(after[0]) if sentence] if after else []


def has_open_quote(text: str) -> bool:
    """Whether a quote is not closed.

    Example:
        >>> has_open_quote('the words "Come')
        True
    """
    return bool(text.count('"') % 2) or any(text.count(left) != text.count(right) for left, right in _PAIRS)


def spoken_words(transcript: str | None) -> list[str]:
    """Returns a transcript's words without quote marks and final punctuation; none where it has no letters.

    Example:
        >>> spoken_words('He said: "No."')
        ['He', 'said:', 'No']
    """
    words = plain(transcript or "").translate(dict.fromkeys(map(ord, QUOTE_MARKS), " ")).split()
    while words and not any(map(str.isalnum, words[-1])):
        words.pop()
    return [*words[:-1], re.sub(r"\W+$", "", words[-1])] if words else []


def spoken_pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Matches the words of a transcript, in Chinese with spaces or without, and the punctuation after them."""
    pattern = "".join(
        rf"{re.escape(word)}[\s{QUOTE_MARKS}]{'*' if re.search(_HAN, word[-1] + after[0]) else '+'}"
        for word, after in zip(words, words[1:])
    )
    last = re.escape(words[-1]) if words else ""
    return re.compile(rf"(?<![a-zA-Z0-9]){pattern}{last}(?![a-zA-Z0-9])[^\w\s{QUOTE_MARKS}]*", re.IGNORECASE)
