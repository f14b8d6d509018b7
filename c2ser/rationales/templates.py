"""Wordings of rationales (explicit targets) and of plain answers (implicit targets), in English and Chinese.

A rationale says how the words are spoken, then the words, then the emotion. The transcript stands in double quotes,
where `c2ser.emotions.find_emotion` does not look; outside of it the emotion is named once, at the end. The quotes stand
inside of their sentence, because a transcript may end with a full stop of its own.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.emotions import emotion_word


class Wording(NamedTuple):
    """Three sentences; the first or second is left out where nothing is known to fill it."""

    style: str
    words: str
    conclusion: str


# How levels are said, in the order of speaking: rate, pitch, volume.
PHRASES: dict[str, dict[str, tuple[str, str, str]]] = {
    "en": {
        "rate": ("at a slow pace", "at a moderate pace", "at a fast pace"),
        "pitch": ("in a low pitch", "in a medium pitch", "in a high pitch"),
        "energy": ("at a low volume", "at a medium volume", "at a high volume"),
    },
    "zh": {
        "rate": ("语速较慢", "语速适中", "语速较快"),
        "pitch": ("音调较低", "音调适中", "音调较高"),
        "energy": ("音量较小", "音量适中", "音量较大"),
    },
}

RATIONALES: dict[str, tuple[Wording, ...]] = {
    "en": (
        Wording("The speaker talks {style}.", 'The words "{words}" are heard.', "The speaker seems to be {emotion}."),
        Wording("This is said {style}.", 'One can hear "{words}" in it.', "So the emotion appears to be {emotion}."),
        Wording("The voice comes {style}.", 'Here "{words}" is said.', "Taken together, the emotion is {emotion}."),
        Wording("It is spoken {style}.", 'The text "{words}" is read.', "In conclusion, this voice is {emotion}."),
    ),
    "zh": (
        Wording("说话人{style}。", "说的是“{words}”这些话。", "由此判断，说话人的情感是{emotion}。"),
        Wording("这段话{style}。", "可以听到“{words}”这样的话。", "综合来看，其情感为{emotion}。"),
        Wording("从声音听来，{style}。", "其中“{words}”是所说的内容。", "可见这里表达的情感是{emotion}。"),
        Wording("语音的特点是{style}。", "话里说到“{words}”这句。", "因此，情感应为{emotion}。"),
    ),
}

ANSWERS = {"en": "The speaker's emotion is {emotion}.", "zh": "说话人的情感是{emotion}。"}

SENTENCE_JOINT = {"en": " ", "zh": ""}
PHRASE_JOINT = {"en": ", ", "zh": "，"}

_QUOTES = dict.fromkeys(map(ord, '"“”„‟«»「」『』〝〞＂'))


def explicit_target(utt: str, levels: Sequence[str], text: str | None, emotion: str, language: str | None) -> str:
    """Words a rationale that ends with the emotion; the utterance's id chooses the wording, the same each time.

    Args:
        utt: the utterance's id.
        levels: of each of `ATTRIBUTES`; what is not one of `LEVELS` stays unsaid.
        text: the transcript; None or one without words stays unsaid.
        emotion: a canonical name.
        language: ISO 639-1 of the utterance; ``zh`` is answered in Chinese, all else in English.

    Returns:
        One line.
    """
    answered = answer_language(language)
    wordings = RATIONALES[answered]
    wording = wordings[_stable_hash(utt) % len(wordings)]
    style, words = _style(levels, answered), " ".join((text or "").translate(_QUOTES).split())
    sentences = [wording.style.format(style=style)] if style else []
    sentences += [wording.words.format(words=words)] if words else []
    sentences += [wording.conclusion.format(emotion=emotion_word(emotion, answered))]
    return SENTENCE_JOINT[answered].join(sentences)


def implicit_target(emotion: str, language: str | None) -> str:
    """Returns the answer that only names the emotion, in Chinese for ``zh``, otherwise in English."""
    answered = answer_language(language)
    return ANSWERS[answered].format(emotion=emotion_word(emotion, answered))


def answer_language(language: str | None) -> str:
    """Returns the language, ``en`` or ``zh``, that an utterance of a language (ISO 639-1) is answered in."""
    return "zh" if language == "zh" else "en"


def _style(levels: Sequence[str], language: str) -> str:
    level_of = dict(zip(ATTRIBUTES, levels))
    known = {name: LEVELS.index(level_of[name]) for name in PHRASES[language] if level_of[name] in LEVELS}
    return PHRASE_JOINT[language].join(PHRASES[language][name][level] for name, level in known.items())


def _stable_hash(utt: str) -> int:
    """A number that, unlike ``hash()``, is the same in each process."""
    return int.from_bytes(hashlib.blake2b(utt.encode("utf-8"), digest_size=8).digest(), "big")
