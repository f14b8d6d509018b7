"""Whether a rewritten rationale is still true: a language model's rewrite of a template, compared with the facts.

A rewrite is good where it has none of these faults:

- ``empty``: there is nothing.
- ``copy``: it is the template, character by character.
- ``form``: more than one line, markup, labels, talk about the task, a run of the prompt's own words, an open
  quote, quotes around the whole, no full stop at the end, or a sentence after the conclusion.
- ``transcript``: the words are not there as they were said, or others are in quotes. Quotes, spaces, punctuation at the
  end, letter case and Unicode's forms of a character do not count.
- ``language``: what stands around the transcript is not in the rationale's language.
- ``emotion``: it does not conclude with its emotion (as `c2ser.languages.read_emotion` reads it), denies it, names
  another anywhere, adds to it or takes it back, or names its own before the reasons, which the model is to give first.
- ``levels``: a level is contradicted, an unmeasured level is stated, or a measured level is missing: what the model
  learns from a rationale is how a voice sounds, so that each has to say it.
- ``length``: far from the template's.

It relies on lists of words. What it does not recognize counts as not stated, so that it errs by rejecting good
rewrites, which costs no more than a template in their place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.languages import LANGUAGES, Language, Rationale, read_rationale
from c2ser.languages.detection import foreign_part
from c2ser.languages.levels import stated_levels
from c2ser.languages.quotes import MARK, QUOTE_MARKS, has_open_quote, plain, spoken_pattern, spoken_words
from c2ser.languages.reading import find_levels

KINDS = ("empty", "copy", "form", "transcript", "language", "emotion", "levels", "length")
LENGTHS = (0.5, 2.5)  # of what stands around the transcript, relative to the template's

_MARKUP = re.compile(r"[{}\[\]<>|*#`_\\]|https?:|^\s*(?:[-•]|\d+[.)])\s", re.MULTILINE)
_LABEL = re.compile(  # a colon before the transcript makes no label
    r"(?:\b(?:pace|pitch|volume|rate|speed|energy|loudness|emotion|note|transcript|template|rationale|report)"
    r"|语速|音调|音量|能量|情感|情绪|注|备注|改写|转写|文本|描述|说明|用户|助手|输出|回答|^\s*[a-z]+)"
    rf"\s*:(?!\s*{MARK})",
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
    """What a rationale should state.

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


def faults(rewrite: str, facts: Facts, *, prompt: str = "") -> list[str]:
    """Finds what is wrong with a rewritten rationale; see this module.

    Args:
        rewrite: what the language model wrote.
        facts: what it should state.
        prompt: the instructions that the language model had, without the facts.

    Returns:
        One line ``<kind>: <what is wrong>`` per fault, kinds of `KINDS`; empty for a good rewrite.

    Example:
        >>> facts = Facts("The speaker seems to be sad.", ("nan", "nan", "nan"), None, "sad", "en")
        >>> faults("One can tell that the speaker is angry.", facts)
        ["emotion: 'angry' is not sad"]
    """
    if not rewrite.strip():
        return ["empty: there is no text"]
    if _letters(plain(rewrite)) == _letters(plain(facts.template)):
        return ["copy: it is the template"]
    language = LANGUAGES[facts.language]
    # An unknown transcript has no words, so that none may be quoted.
    rationale = read_rationale(rewrite, facts.language, transcript=facts.text or "")
    template = read_rationale(facts.template, facts.language, transcript=facts.text or "")
    foreign = foreign_part(rationale.text, language)
    return [
        *_form_faults(plain(rewrite), rationale.text, prompt, language),
        *_transcript_faults(rationale, facts.text),
        *([f"language: {foreign}"] if foreign else []),
        *_emotion_faults(rationale, facts),
        *_level_faults(rationale, facts),
        *_length_faults(rationale.text, template.text, language),
    ]


def _form_faults(text: str, around: str, prompt: str, language: Language) -> list[str]:
    found = []
    if len(text.splitlines()) > 1:
        found.append("form: more than one line")
    for pattern, what in ((_MARKUP, "markup"), (_LABEL, "a label"), (_TASK, "talk about the task")):
        if seen := pattern.search(around):
            found.append(f"form: {what} ('{seen.group().strip()}')")
    if echo := _echo(around, prompt, language.echo):
        found.append(f"form: the prompt's own words ('{echo}')")
    if has_open_quote(text):
        found.append("form: a quote that is not closed")
    if text[0] in QUOTE_MARKS and text[-1] in QUOTE_MARKS:
        found.append("form: quotes around the whole")
    if not text.rstrip(f"{QUOTE_MARKS})").endswith((".", "!", "?", "。")):
        found.append("form: no full stop at the end")
    return found


def _echo(text: str, prompt: str, length: int) -> str | None:
    runs = _runs(prompt, length)
    return next((run for run in _windows(_letters(text), length) if run in runs), None)


@lru_cache(maxsize=4)
def _runs(prompt: str, length: int) -> frozenset[str]:
    return frozenset(_windows(_letters(plain(prompt)), length))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _windows(letters: str, length: int) -> list[str]:
    return [letters[start : start + length] for start in range(len(letters) - length + 1)]


def _transcript_faults(rationale: Rationale, transcript: str | None) -> list[str]:
    said = spoken_words(transcript)
    pattern, spoken = spoken_pattern(said), " ".join(said).casefold()
    found = [
        f"transcript: '{plain(words)}' stands in quotes and was not said"
        for words in rationale.quotes
        if not (said and pattern.fullmatch(plain(words))) and " ".join(spoken_words(words)).casefold() not in spoken
    ]
    if said and MARK not in rationale.text:
        found.append("transcript: the words are not there as they were said")
    return found


def _emotion_faults(rationale: Rationale, facts: Facts) -> list[str]:
    """One fault per word that is wrong, or else what is wrong with the conclusion as a whole."""
    found, mentions = [], rationale.emotion_mentions
    for mention in mentions:
        word = rationale.text[mention.start : mention.end]
        if facts.emotion not in mention.emotions:
            found.append(f"emotion: '{word}' is not {facts.emotion}")
        elif mention.denied:
            found.append(f"emotion: '{word}' is denied")
        elif mention.unsaid:
            found.append(f"emotion: '{word}' is not said of the speaker")
    if rationale.emotion != facts.emotion and not found:
        found.append(f"emotion: does not conclude with {facts.emotion}")
    return found + _order_faults(rationale, facts)


def _order_faults(rationale: Rationale, facts: Facts) -> list[str]:
    """What stands before the conclusion or after it, and does not belong there."""
    found, text, mentions = [], rationale.text, rationale.emotion_mentions
    after = text[mentions[-1].end :] if mentions else ""
    if re.match(LANGUAGES[facts.language].rules.afterthought, after, re.IGNORECASE):
        found.append(f"emotion: something is added to {facts.emotion}, or it is taken back")
    if re.search(r"[.!?。]\s*\w", after):
        found.append("form: the text goes on after its conclusion")
    own = next((mention.start for mention in mentions if mention.emotions == {facts.emotion}), len(text))
    reasons = stated_levels(find_levels(text[:own], facts.language))
    if MARK in text[own:] or reasons != {name: set(levels) for name, levels in rationale.levels.items()}:
        found.append(f"emotion: {facts.emotion} is named before the reasons")
    return found


def _level_faults(rationale: Rationale, facts: Facts) -> list[str]:
    found, levels = [], dict(zip(ATTRIBUTES, facts.levels))
    for attribute, level in levels.items():
        if others := sorted(rationale.levels[attribute] - {level}):
            found.append(f"levels: {attribute} is {level if level in LEVELS else 'unknown'}, not {others[0]}")
        elif level in LEVELS and not rationale.levels[attribute]:
            found.append(f"levels: {attribute}, which is {level}, is not stated")
    for attributes, level, negated in rationale.level_mentions:
        if negated and all(levels[attribute] == level for attribute in attributes):
            found.append(f"levels: {' or '.join(sorted(attributes))} is {level}, which is denied")
        if not negated and all(levels[attribute] != level for attribute in attributes) and len(attributes) > 1:
            found.append(f"levels: neither {' nor '.join(sorted(attributes))} is {level}")
    return found


def _length_faults(around: str, template: str, language: Language) -> list[str]:
    length, usual = (len(re.findall(language.unit, text)) for text in (around, template))
    shortest, longest = (factor * usual for factor in LENGTHS)
    if shortest <= length <= longest:
        return []
    return [f"length: {length}, and from {shortest:.0f} to {longest:.0f} are allowed"]
