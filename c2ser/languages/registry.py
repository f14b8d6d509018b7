"""The languages that answers are worded in and read in."""

from c2ser.languages.en import ENGLISH
from c2ser.languages.language import Language
from c2ser.languages.zh import CHINESE

LANGUAGES: dict[str, Language] = {language.code: language for language in (ENGLISH, CHINESE)}


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
