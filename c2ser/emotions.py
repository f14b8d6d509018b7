"""The vocabulary of emotions: canonical names, English and Chinese words, synonyms, and text -> emotion."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from c2ser.errors import InputError

INVALID = "<invalid>"  # stands for an answer that names no emotion of the label set

# The paper's seven, in its order; `EMOTIONS` adds the labels that other corpora use.
PAPER_EMOTIONS = ("angry", "happy", "neutral", "sad", "surprised", "disgusted", "fearful")

# name -> (Chinese word, synonyms in the languages of common corpora and in answers of language models)
EMOTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "angry": ("愤怒", ("anger", "ang", "mad", "furious", "生气", "气愤", "恼怒", "wut", "ärger", "rabbia", "rab")),
    "happy": (
        "开心",
        ("happiness", "hap", "joy", "joyful", "glad", "cheerful", "高兴", "快乐", "喜悦", "freude", "gioia", "gio"),
    ),
    "neutral": ("中性", ("neu", "neutrality", "中立", "neutrale")),
    "sad": ("悲伤", ("sadness", "sorrow", "sorrowful", "伤心", "难过", "悲哀", "trauer", "tristezza", "tri")),
    "surprised": ("惊讶", ("surprise", "sur", "astonished", "amazed", "吃惊", "惊奇", "sorpresa", "sor")),
    "disgusted": ("厌恶", ("disgust", "dis", "反感", "恶心", "ekel", "disgusto")),
    "fearful": ("恐惧", ("fear", "afraid", "scared", "frightened", "害怕", "惊恐", "angst", "paura", "pau")),
    "bored": ("无聊", ("boredom", "boredem", "厌倦", "langeweile")),
    "amused": ("被逗乐", ("amusement", "amuse")),
    "sleepy": ("困倦", ("sleepiness", "sleep")),
    "excited": ("兴奋", ("exc", "excitement", "激动")),
    "frustrated": ("沮丧", ("fru", "frustration")),
    "calm": ("平静", ()),
}


def canonical_emotion(label: str) -> str:
    """Returns the canonical name of a corpus label such as ``Anger`` or ``boredem``.

    Raises:
        InputError: the label is not in the vocabulary.
    """
    emotion = _CANONICAL.get(label.strip().lower())
    if emotion is None:
        known = ", ".join(EMOTIONS)
        raise InputError(f"unknown emotion '{label}'; known are {known} and their synonyms (c2ser/emotions.py)")
    return emotion


def parse_emotion(label: str) -> str:
    """Returns a label that is a canonical name.

    Raises:
        ValueError: it is not.
    """
    if label not in EMOTIONS:
        raise ValueError(f"unknown emotion '{label}'; known are {', '.join(EMOTIONS)}")
    return label


def check_emotions(labels: Mapping[str, str], path: str | Path) -> None:
    """Checks the labels (utterance -> emotion) that stand in a file.

    Raises:
        InputError: one is no canonical name.
    """
    for utt, emotion in labels.items():
        if emotion not in EMOTIONS:
            raise InputError(f"{path}: '{utt}': unknown emotion '{emotion}'; known are {', '.join(EMOTIONS)}")


def emotion_word(emotion: str, language: str) -> str:
    """Returns the word for a canonical emotion in Chinese (``zh``) or, for any other language, English."""
    return EMOTIONS[emotion][0] if language == "zh" else emotion


def mentions(text: str) -> Iterator[tuple[str, int, int]]:
    """Yields (canonical name, start, end) of each word of the vocabulary in ``text``, abbreviations left out."""
    for found in _MENTION.finditer(text):
        yield _CANONICAL[found.group().lower()], *found.span()


def last_mention(text: str, emotions: Sequence[str]) -> tuple[str, int, int] | None:
    """Finds the last mention of one of ``emotions`` outside of quotes: (canonical name, start, end) in ``text``."""
    outside_quotes = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), text)
    return next((mention for mention in reversed(list(mentions(outside_quotes))) if mention[0] in emotions), None)


def find_emotion(text: str, emotions: Sequence[str] = PAPER_EMOTIONS) -> str | None:
    """Finds the emotion that an answer of the model concludes with.

    Quoted words (the transcript) are no conclusion and are left out; of what remains the last mention counts.

    Args:
        text: an answer in English or Chinese.
        emotions: the label set; mentions of other emotions are passed over.

    Returns:
        The canonical name, or None where no emotion of the set is named.
    """
    mention = last_mention(text, emotions)
    return mention[0] if mention else None


def read_emotions(path: str | Path) -> list[str]:
    """Reads a recipe's label set, one canonical name a line.

    Raises:
        InputError: a name is unknown or stands twice, or there is none.
    """
    names: list[str] = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        name = line.strip()
        if name not in EMOTIONS:
            raise InputError(f"{path}:{number}: unknown emotion '{name}'; known are {', '.join(EMOTIONS)}")
        if name in names:
            raise InputError(f"{path}:{number}: emotion '{name}' stands twice")
        names.append(name)
    if not names:
        raise InputError(f"{path}: no emotion in it; write one name a line")
    return names


def _canonical_names() -> dict[str, str]:
    return {word: name for name, (chinese, synonyms) in EMOTIONS.items() for word in (name, chinese, *synonyms)}


def _mention_pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Latin words match whole words only, the longest first; Chinese words match anywhere."""
    latin = sorted((re.escape(word) for word in words if word.isascii() and len(word) > 2), key=len, reverse=True)
    other = sorted((re.escape(word) for word in words if not word.isascii()), key=len, reverse=True)
    return re.compile(rf"(?<![a-z])(?:{'|'.join(latin)})(?![a-z])|{'|'.join(other)}", re.IGNORECASE)


_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|「[^」]*」')
_CANONICAL = _canonical_names()
_ABBREVIATIONS = {"ang", "hap", "neu", "sur", "dis", "exc", "fru", "tri", "sor", "gio", "pau", "rab"}
_MENTION = _mention_pattern([word for word in _CANONICAL if word not in _ABBREVIATIONS])
