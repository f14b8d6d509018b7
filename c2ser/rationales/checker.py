"""Whether a rewritten rationale is still true: what a language model made of a template, held against its facts.

A rewrite is good where it has none of these faults:

- ``empty``: there is nothing.
- ``copy``: it is the template, letter by letter.
- ``form``: more than one line, markup, marks of roles, talk about the task, a run of the prompt's own words, an open
  quote, quotes around the whole, no full stop at the end, or a sentence after the conclusion.
- ``transcript``: the words are not there as they were said, or others are in quotes. Quotes, spaces, punctuation at the
  end, letter case and Unicode's forms of a character do not count.
- ``language``: what stands around the transcript is not in the rationale's language.
- ``emotion``: it does not conclude with its emotion (as `c2ser.emotions.find_emotion` finds it), denies it, names
  another anywhere, adds to it or takes it back, or names its own before the reasons, which the model is to give first.
- ``levels``: one is contradicted, one is told that nobody measured, or a known one is not told: what the model learns
  from a rationale is how a voice sounds, so that each has to say it.
- ``length``: far from the template's.

It goes by lists of words. What it does not know counts as not told, so that it errs by rejecting good rewrites, which
costs no more than a template in their place.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.emotions import EMOTIONS, find_emotion
from c2ser.languages.emotion_words import emotion_mentions, has_afterthought
from c2ser.languages.level_words import level_mentions, told_levels

KINDS = ("empty", "copy", "form", "transcript", "language", "emotion", "levels", "length")
LENGTHS = (0.5, 2.5)  # of what stands around the transcript, relative to the template's: words, or Chinese characters
ENGLISH_SHARE = 0.15  # of words that are in `_ENGLISH`; English texts have twice as many, the nearest languages a tenth
LATIN_SHARE = 0.1  # of Latin letters in a Chinese rationale
ECHO = {"en": 30, "zh": 10}  # letters in a row that a rewrite may not share with the prompt

# Frequent words that the neighbouring languages do not have.
_ENGLISH = frozenset(
    "the of and to is with that this it its for as by from which are be been has have their they his her she who one "
    "you there at or not so than then when while what how here these all both such would could can may must seems "
    "sounds says said saying speaks speaking speaker spoken talks talking words voice heard".split()
)
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|「[^」]*」|『[^』]*』')
_QUOTES = '"“”„‟«»「」『』〝〞'
_MARK = "\ue000"  # stands for the transcript
_MARKUP = re.compile(r"[{}\[\]<>|*#`_\\]|https?:|^\s*(?:[-•]|\d+[.)])\s", re.MULTILINE)
_LABEL = re.compile(  # a colon before the transcript makes no label
    r"(?:\b(?:pace|pitch|volume|rate|speed|energy|loudness|emotion|note|transcript|template|rationale|report)"
    r"|语速|音调|音量|能量|情感|情绪|注|备注|改写|转写|文本|描述|说明|用户|助手|输出|回答|^\s*[a-z]+)"
    rf"\s*:(?!\s*{_MARK})",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"^\s*(?:sure|certainly|of course|okay|absolutely|no problem)\b\s*[,!.]"
    r"|\bhere(?:'s| is| are) (?:the|a|an|my|your|one)\b"
    r"|\b(?:rewr(?:it|ote)\w*|rephras\w*|reword\w*|paraphras\w*|rationale|template|instruct\w*|prompt|language model)\b"
    r"|\b(?:original (?:text|sentence|version)|as requested|transcript(?:ion)? (?:is|was|has been) kept)\b"
    r"|(?:^|[.!?]\s+)(?:do not|don't|keep|write|make sure|remember)\b"
    r"|^\s*(?:好的|当然|没问题)|以下是|改写|重写|润色|模板|指令|提示词|作为.{0,4}模型|未作改动|保持不变",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Facts:
    """What a rationale tells.

    Attributes:
        template: the rationale as `c2ser.rationales.templates.explicit_target` words it.
        levels: of each of `ATTRIBUTES`; what is not one of `LEVELS` is unknown.
        text: the transcript; None or one without letters where unknown.
        emotion: a canonical name.
        language: that of the rationale, ``en`` or ``zh``.
    """

    template: str
    levels: Sequence[str]
    text: str | None
    emotion: str
    language: str


def faults(rewrite: str, facts: Facts, prompt: str = "") -> list[str]:
    """Finds what is wrong with a rewritten rationale; see this module.

    Args:
        rewrite: what the language model wrote.
        facts: what it has to tell.
        prompt: the instructions that the language model had, without the facts.

    Returns:
        One line ``<kind>: <what is wrong>`` a fault, kinds of `KINDS`; empty for a good rewrite.
    """
    if not rewrite.strip():
        return ["empty: there is no text"]
    plain = _plain(rewrite)
    if _letters(plain) == _letters(_plain(facts.template)):
        return ["copy: it is the template"]
    around, quoted = _around_transcript(plain, facts.text)
    return [
        *_form_faults(plain, around, prompt, facts.language),
        *_transcript_faults(around, quoted, facts.text),
        *_language_faults(around, facts.language),
        *_emotion_faults(rewrite, around, facts),
        *_level_faults(around, facts),
        *_length_faults(around, _around_transcript(_plain(facts.template), facts.text)[0], facts.language),
    ]


def _plain(text: str) -> str:
    """Unicode's compatible forms, with one apostrophe."""
    return unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").strip()


def _around_transcript(text: str, transcript: str | None) -> tuple[str, list[str]]:
    """Returns a plain text with `_MARK` in place of its transcript, and what else it has in quotes."""
    said = _said(transcript)
    pattern, spoken = _transcript_pattern(said), " ".join(said).casefold()
    others = []

    def mark(quoted: re.Match[str]) -> str:
        content = quoted.group()[1:-1]
        if said and pattern.fullmatch(content.strip()):
            return _MARK
        if " ".join(_said(content)).casefold() not in spoken:
            others.append(content)
        return quoted.group()

    around = _QUOTED.sub(mark, text)
    if said and _MARK not in around:
        around = pattern.sub(_MARK, around, count=1)
    return around, others


def _said(transcript: str | None) -> list[str]:
    """The words of a transcript without quotes and without punctuation at its end; none where it has no letters."""
    words = _plain(transcript or "").translate(dict.fromkeys(map(ord, _QUOTES), " ")).split()
    while words and not any(map(str.isalnum, words[-1])):
        words.pop()
    return [*words[:-1], re.sub(r"\W+$", "", words[-1])] if words else []


def _transcript_pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Matches the words of a transcript, in Chinese with spaces or without, and the punctuation after them."""
    pattern = "".join(
        rf"{re.escape(word)}[\s{_QUOTES}]{'*' if _is_chinese(word[-1] + after[0]) else '+'}"
        for word, after in zip(words, words[1:])
    )
    last = re.escape(words[-1]) if words else ""
    return re.compile(rf"(?<![a-zA-Z0-9]){pattern}{last}(?![a-zA-Z0-9])[^\w\s{_QUOTES}]*", re.IGNORECASE)


def _is_chinese(text: str) -> bool:
    return any("\u3400" <= character <= "\u9fff" for character in text)


def _form_faults(plain: str, around: str, prompt: str, language: str) -> list[str]:
    found = []
    if len(plain.splitlines()) > 1:
        found.append("form: more than one line")
    for pattern, what in ((_MARKUP, "markup"), (_LABEL, "a label"), (_TASK, "talk about the task")):
        if seen := pattern.search(around):
            found.append(f"form: {what} ('{seen.group().strip()}')")
    if echo := _echo(around, prompt, ECHO[language]):
        found.append(f"form: the prompt's own words ('{echo}')")
    if plain.count('"') % 2 or any(plain.count(left) != plain.count(right) for left, right in ("“”", "「」", "『』")):
        found.append("form: a quote that is not closed")
    if plain[0] in _QUOTES and plain[-1] in _QUOTES:
        found.append("form: quotes around the whole")
    if not plain.rstrip(f"{_QUOTES})").endswith((".", "!", "?", "。")):
        found.append("form: no full stop at the end")
    return found


def _echo(text: str, prompt: str, length: int) -> str | None:
    runs = _runs(prompt, length)
    return next((run for run in _windows(_letters(text), length) if run in runs), None)


@lru_cache(maxsize=4)
def _runs(prompt: str, length: int) -> frozenset[str]:
    return frozenset(_windows(_letters(_plain(prompt)), length))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _windows(letters: str, length: int) -> list[str]:
    return [letters[start : start + length] for start in range(len(letters) - length + 1)]


def _transcript_faults(around: str, quoted: list[str], transcript: str | None) -> list[str]:
    found = [f"transcript: '{words}' stands in quotes and was not said" for words in quoted]
    if _said(transcript) and _MARK not in around:
        found.append("transcript: the words are not there as they were said")
    return found


def _language_faults(around: str, language: str) -> list[str]:
    letters = [letter for letter in around if letter.isalpha()]
    latin = sum(letter < "\u0250" for letter in letters)
    if latin + sum(map(_is_chinese, letters)) < len(letters):
        return ["language: letters of another script"]
    if language == "zh":
        return ["language: not Chinese"] if latin > LATIN_SHARE * len(letters) else []
    if latin < len(letters):
        return ["language: Chinese in an English rationale"]
    sentences = [re.findall("[^\\W\\d_]+", sentence.lower()) for sentence in re.split(rf'[.;:!?"{_MARK}]', around)]
    english = [sum(word in _ENGLISH for word in words) for words in sentences]
    if sum(english) < ENGLISH_SHARE * sum(map(len, sentences)) or any(
        not known and len(words) >= 6 for known, words in zip(english, sentences)
    ):
        return ["language: not English"]
    return []


def _emotion_faults(rewrite: str, around: str, facts: Facts) -> list[str]:
    found, mentions = [], emotion_mentions(around, facts.language)
    for mention in mentions:
        word = around[mention.start : mention.end]
        if facts.emotion not in mention.emotions:
            found.append(f"emotion: '{word}' is not {facts.emotion}")
        elif mention.negated:
            found.append(f"emotion: '{word}' is denied")
    if find_emotion(rewrite, list(EMOTIONS)) != facts.emotion:
        found.append(f"emotion: does not conclude with {facts.emotion}")
    after = around[mentions[-1].end :] if mentions else ""
    if has_afterthought(after, facts.language):
        found.append(f"emotion: something is added to {facts.emotion}, or it is taken back")
    if re.search(r"[.!?。]\s*\w", after):
        found.append("form: the text goes on after its conclusion")
    own = next((mention.start for mention in mentions if mention.emotions == {facts.emotion}), len(around))
    reasons, rest = around[:own], around[own:]
    if _MARK in rest or _told(around, facts.language) != _told(reasons, facts.language):
        found.append(f"emotion: {facts.emotion} is named before the reasons")
    return found


def _told(text: str, language: str) -> dict[str, set[str]]:
    return told_levels(level_mentions(text.replace(_MARK, '"'), language))


def _level_faults(around: str, facts: Facts) -> list[str]:
    found, mentions = [], level_mentions(around.replace(_MARK, '"'), facts.language)
    levels = dict(zip(ATTRIBUTES, facts.levels))
    told = told_levels(mentions)
    for attribute, level in levels.items():
        if others := sorted(told[attribute] - {level}):
            found.append(f"levels: {attribute} is {level if level in LEVELS else 'unknown'}, not {others[0]}")
        elif level in LEVELS and not told[attribute]:
            found.append(f"levels: {attribute}, which is {level}, is not told")
    for attributes, level, negated in mentions:
        if negated and all(levels[attribute] == level for attribute in attributes):
            found.append(f"levels: {' or '.join(sorted(attributes))} is {level}, which is denied")
        if not negated and all(levels[attribute] != level for attribute in attributes) and len(attributes) > 1:
            found.append(f"levels: neither {' nor '.join(sorted(attributes))} is {level}")
    return found


def _length_faults(around: str, template: str, language: str) -> list[str]:
    length, usual = (_length(text, language) for text in (around, template))
    shortest, longest = (factor * usual for factor in LENGTHS)
    if shortest <= length <= longest:
        return []
    return [f"length: {length}, and from {shortest:.0f} to {longest:.0f} are allowed"]


def _length(text: str, language: str) -> int:
    return sum(map(_is_chinese, text)) if language == "zh" else len(re.findall(r"\w+", text))
