"""Targets: rationales (explicit) and plain answers (implicit), worded by a language's templates.

A rationale says how the words are spoken, then the words, then the emotion. The transcript stands in double quotes,
which readers pass over; outside of them the emotion is named once, at the end. The quotes stand inside their sentence,
because a transcript may end with a full stop of its own.
"""

import hashlib
from collections.abc import Mapping, Sequence

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.languages import LANGUAGES, Language, language_of
from c2ser.languages.quotes import QUOTE_MARKS

EMOTION = "{emotion}"

# Code of a language -> the wording of implicit targets, with `EMOTION` in place of the emotion's word.
ANSWERS = {code: language.templates.answer for code, language in LANGUAGES.items()}

_QUOTES = dict.fromkeys(map(ord, QUOTE_MARKS))


def explicit_target(utt: str, levels: Sequence[str], *, text: str | None, emotion: str, language: str | None) -> str:
    """Words a rationale that ends with the emotion; the utterance's id chooses the wording, the same each time.

    Args:
        utt: the utterance's id.
        levels: the level of each of `ATTRIBUTES`; those that are not one of `LEVELS` are not stated.
        text: the transcript; None or one without words is left out.
        emotion: a canonical name.
        language: ISO 639-1 of the utterance; `c2ser.languages.language_of` decides the language of the answer.

    Returns:
        One line.

    Example:
        >>> explicit_target("utt1", ("low", "nan", "high"), text="No.", emotion="sad", language="en")
        'This is said at a fast pace, in a low pitch. One can hear "No." in it. So the emotion appears to be sad.'
    """
    before, after = explicit_parts(utt, levels, text=text, language=language)
    return before + language_of(language).emotions[emotion] + after


def explicit_parts(utt: str, levels: Sequence[str], *, text: str | None, language: str | None) -> tuple[str, str]:
    """Returns what stands before and after the emotion's word of `explicit_target`.

    Args:
        utt: the utterance's id.
        levels: as in `explicit_target`.
        text: as in `explicit_target`.
        language: as in `explicit_target`.

    Example:
        >>> explicit_parts("utt1", ("low", "nan", "nan"), text=None, language="en")
        ('This is said in a low pitch. So the emotion appears to be ', '.')
    """
    answered = language_of(language)
    templates = answered.templates
    wording = templates.rationales[_stable_hash(utt) % len(templates.rationales)]
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
    sentences = []
    for wording in answered.templates.rationales:
        sentences += [wording.style.format(style=phrase) for phrase in phrases]
        sentences += [wording.words.format(words="")]
        sentences += [wording.conclusion.format(emotion=word) for word in answered.emotions.values()]
    return sentences


def implicit_target(emotion: str, language: str | None, *, answers: Mapping[str, str] = ANSWERS) -> str:
    """Returns the answer that only names the emotion.

    Args:
        emotion: a canonical name.
        language: ISO 639-1 of the utterance, as in `explicit_target`.
        answers: the wording by language, as in `ANSWERS`.

    Example:
        >>> implicit_target("sad", "de")
        "The speaker's emotion is sad."
    """
    answered = language_of(language)
    return answers[answered.code].replace(EMOTION, answered.emotions[emotion])


def _style(levels: Sequence[str], language: Language) -> str:
    level_of, phrases = dict(zip(ATTRIBUTES, levels)), language.templates.phrases
    known = {name: LEVELS.index(level_of[name]) for name in phrases if level_of[name] in LEVELS}
    return language.templates.phrase_joint.join(phrases[name][level] for name, level in known.items())


def _stable_hash(utt: str) -> int:
    """A number that, unlike ``hash()``, is the same in each process."""
    return int.from_bytes(hashlib.blake2b(utt.encode("utf-8"), digest_size=8).digest(), "big")
