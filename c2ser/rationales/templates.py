"""Targets: rationales (explicit) and plain answers (implicit), worded by a language's templates.

A rationale says how the words are spoken, then the words, then the emotion. The transcript stands in double quotes,
which readers pass over; outside of them the emotion is named once, at the end. The quotes stand inside their sentence,
because a transcript may end with a full stop of its own.
"""

from collections.abc import Mapping, Sequence

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.languages import LANGUAGES, Language, language_of
from c2ser.languages.quotes import QUOTE_MARKS

EMOTION = "{emotion}"

# Code of a language -> the wording of implicit targets, with `EMOTION` in place of the emotion's word.
ANSWERS = {code: language.templates.answer for code, language in LANGUAGES.items()}

_QUOTES = dict.fromkeys(map(ord, QUOTE_MARKS))


def explicit_target(levels: Sequence[str], *, text: str | None, emotion: str, language: str | None) -> str:
    """Words a rationale that ends with the emotion.

    All rationales of a language are worded alike. Variety would tell nothing of the utterance, and small models mix
    wordings within an answer; `c2ser.rationales.rewriting` varies rationales for large ones.

    Args:
        levels: the level of each of `ATTRIBUTES`; those that are not one of `LEVELS` are not stated.
        text: the transcript; None or one without words is left out.
        emotion: a canonical name.
        language: ISO 639-1 of the utterance; `c2ser.languages.language_of` decides the language of the answer.

    Returns:
        One line.

    Example:
        >>> explicit_target(("low", "nan", "high"), text="No.", emotion="sad", language="en")
        'The speaker talks at a fast pace, in a low pitch. The words "No." are heard. The speaker seems to be sad.'
    """
    before, after = explicit_parts(levels, text=text, language=language)
    return before + language_of(language).emotions[emotion] + after


def explicit_parts(levels: Sequence[str], *, text: str | None, language: str | None) -> tuple[str, str]:
    """Returns what stands before and after the emotion's word of `explicit_target`.

    Args:
        levels: as in `explicit_target`.
        text: as in `explicit_target`.
        language: as in `explicit_target`.

    Example:
        >>> explicit_parts(("low", "nan", "nan"), text=None, language="en")
        ('The speaker talks in a low pitch. The speaker seems to be ', '.')
    """
    answered = language_of(language)
    templates = answered.templates
    wording, *_ = templates.rationales
    style, words = _style(levels, answered), " ".join((text or "").translate(_QUOTES).split())
    sentences = [wording.style.format(style=style)] if style else []
    sentences += [wording.words.format(words=words)] if words else []
    conclusion, after = wording.conclusion.split(EMOTION)
    return templates.sentence_joint.join([*sentences, conclusion]), after


def explicit_beginnings(language: str) -> list[str]:
    """Returns sentences of a language in all the ways in which its explicit targets begin.

    Args:
        language: a code of `c2ser.languages.LANGUAGES`.

    Example:
        >>> explicit_beginnings("en")[0]
        'The speaker talks at a slow pace.'
    """
    answered = LANGUAGES[language]
    phrases = [phrase for levels in answered.templates.phrases.values() for phrase in levels]
    wording, *_ = answered.templates.rationales
    return [
        *(wording.style.format(style=phrase) for phrase in phrases),
        wording.words.format(words=""),
        *(wording.conclusion.format(emotion=word) for word in answered.emotions.values()),
    ]


def implicit_target(emotion: str, language: str | None, *, answers: Mapping[str, str] = ANSWERS) -> str:
    """Returns the answer that only names the emotion.

    Args:
        emotion: a canonical name.
        language: ISO 639-1 of the utterance, as in `explicit_target`.
        answers: the wording by language, as in `ANSWERS`; of a language that is not there, the first one's is taken.

    Example:
        >>> implicit_target("sad", "de")
        "The speaker's emotion is sad."
        >>> implicit_target("sad", "zh", answers={"en": "It is {emotion}."})
        'It is sad.'
    """
    answered = language_of(language)
    if answered.code not in answers:
        answered = LANGUAGES[next(iter(answers))]
    return answers[answered.code].replace(EMOTION, answered.emotions[emotion])


def _style(levels: Sequence[str], language: Language) -> str:
    level_of, phrases = dict(zip(ATTRIBUTES, levels)), language.templates.phrases
    known = {name: LEVELS.index(level_of[name]) for name in phrases if level_of[name] in LEVELS}
    return language.templates.phrase_joint.join(phrases[name][level] for name, level in known.items())
