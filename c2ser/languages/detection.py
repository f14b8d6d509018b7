"""Which language a text is written in."""

import re

from c2ser.languages.language import Language
from c2ser.languages.quotes import MARK
from c2ser.languages.registry import LANGUAGES

SENTENCE_WORDS = 6  # in so many words there is a frequent one


def detect_language(text: str) -> str | None:
    """Returns the code of the language that a text has most words of; None where it has no letters of any.

    Args:
        text: the text, without quoted words.

    Example:
        >>> detect_language("说话人很生气。")
        'zh'
    """
    words = {
        code: len(re.findall(language.script, text)) / language.letters_per_word for code, language in LANGUAGES.items()
    }
    most = max(words, key=words.get)
    return most if words[most] else None


def word_language(word: str) -> Language:
    """Returns the language that a word for an emotion is of, by its letters.

    Example:
        >>> word_language("愤怒").name
        'Chinese'
    """
    return next(language for language in LANGUAGES.values() if re.match(language.script, word))


def foreign_part(text: str, language: Language) -> str | None:
    """Says in what respect a text is not in a language; None where it is.

    Args:
        text: the text, without quoted words.
        language: what it should be written in.
    """
    letters = [letter for letter in text if letter.isalpha()]
    own = sum(bool(re.match(language.script, letter)) for letter in letters)
    others = sum(any(re.match(other.script, letter) for other in LANGUAGES.values()) for letter in letters) - own
    if own + others < len(letters):
        return "letters of another script"
    if others > language.foreign_share * len(letters) or not _has_frequent_words(text, language):
        return f"not {language.name}"
    return None


def _has_frequent_words(text: str, language: Language) -> bool:
    if not language.frequent:
        return True
    sentences = [re.findall(r"[^\W\d_]+", sentence.lower()) for sentence in re.split(rf'[.;:!?"{MARK}]', text)]
    frequent = [sum(word in language.frequent for word in words) for words in sentences]
    enough = sum(frequent) >= language.frequent_share * sum(map(len, sentences))
    return enough and all(known or len(words) < SENTENCE_WORDS for known, words in zip(frequent, sentences))
