"""The languages that answers are worded in and read in."""

from c2ser.languages.en import ENGLISH
from c2ser.languages.language import Language
from c2ser.languages.zh import CHINESE

LANGUAGES: dict[str, Language] = {language.code: language for language in (ENGLISH, CHINESE)}


def is_language_code(code: str) -> bool:
    """Whether a text has the form of a language's code in ISO 639-1.

    Example:
        >>> is_language_code("de"), is_language_code("German")
        (True, False)
    """
    return len(code) == 2 and code.isascii() and code.isalpha() and code.islower()


def language_of(code: str | None) -> Language:
    """Returns the language in which an utterance is answered.

    Args:
        code: ISO 639-1 of the utterance, or None where unknown; what has no language of its own here is answered in
            English.

    Example:
        >>> language_of("zh").name, language_of("de").name
        ('Chinese', 'English')
    """
    return LANGUAGES.get(code, ENGLISH)
