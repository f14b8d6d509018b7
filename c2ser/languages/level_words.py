"""Levels of pitch, volume and speaking rate that a text tells of, in the many ways in which they are put into words.

Some words have their attribute in them ("slowly", "loud", 低沉); others are of the attribute whose name they stand with
("a rather high pitch", "pitch and volume are both low", 音调和音量都较高). What stands with a voice or sound, as in
"a low voice", may be pitch or volume.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from c2ser.languages.emotion_words import is_negated

VOICE = frozenset({"pitch", "energy"})  # what may be meant by a low or high voice
_ATTRIBUTES = {
    "en": {
        "rate": "pace paced paces speed speeds tempo rate cadence",
        "pitch": "pitch pitched pitches tone tones register intonation",
        "energy": "volume loudness intensity energy amplitude",
        "voice": "voice voices voiced sound",
    },
    "zh": {
        "rate": "语速 说话速度 速度 节奏",
        "pitch": "音调 音高 声调 语调 调门 基频 调子",
        "energy": "音量 响度 声量 嗓门 音强",
        "voice": "声音 嗓音 嗓子 声线",
    },
}
_WORDS = {
    "en": {
        ("rate", "low"): "slow slower slowly slowed slows slowness unhurried unhurriedly leisurely sluggish sluggishly "
        "dragging drawling drawl lingering plodding slowing",
        ("rate", "high"): "fast faster quick quicker quickly quickened rapid rapidly swift swiftly speedy speedily "
        "brisk briskly hurried hurriedly hurry hurrying rush rushed rushes rushing hasty hastily racing speeding "
        "accelerates accelerated accelerating quickening",
        ("pitch", "low"): "bass baritone",
        ("pitch", "high"): "shrill shrilly squeaky piercing treble falsetto",
        ("energy", "low"): "soft softly softer softness quiet quietly quieter quietness faint faintly hushed subdued "
        "whisper whispers whispered whispering murmur murmurs murmured murmuring mumbles mumbled mumbling muted gentle "
        "gently",
        ("energy", "high"): "loud loudly louder booming shout shouts shouted shouting yell yells yelled yelling scream "
        "screams screamed screaming bellowing roar roars roared roaring thundering forceful forcefully powerful "
        "powerfully energetic energetically",
    },
    "zh": {
        ("rate", "low"): "缓慢 徐缓 迟缓 舒缓 缓缓 慢",
        ("rate", "high"): "急促 迅速 飞快 快速 急速 轻快 急忙 快 急",
        ("rate", "medium"): "中速",
        ("pitch", "low"): "低沉 浑厚 深沉",
        ("pitch", "high"): "高亢 尖锐 尖细 尖利 刺耳 尖",
        ("energy", "low"): "轻柔 微弱 小声 轻声 低声 细声 悄声 柔和 轻 弱",
        ("energy", "high"): "洪亮 响亮 嘹亮 大声 高声 大喊 喊叫 响",
    },
}
_GENERIC = {
    "en": {
        "low": "low lower lowered reduced weak",
        "medium": "medium moderate middle mid average normal ordinary regular standard usual typical intermediate "
        "conversational natural",
        "high": "high higher elevated raised heightened increased considerable great strong",
    },
    "zh": {"low": "低 小", "medium": "适中 中等 正常 一般 普通 平均 居中 平常", "high": "高 大 强"},
}
# Turns of phrase that come to a single word.
_PHRASES = {
    "en": {
        r"\b(?:above|over|higher than|more than)[ -](?:the )?(?:average|usual|normal|medium|moderate)\b": "high",
        r"\b(?:below|under|lower than|less than)[ -](?:the )?(?:average|usual|normal|medium|moderate)\b": "low",
        r"\bthan (?:is )?(?:average|usual|normal|most)\b": "",
        r"\bat the top of (?:his|her|their) (?:lungs|voice)\b": "loudly",
        r"\bunder (?:his|her|their|the) breath\b": "quietly",
        r"\btak(?:es?|ing) (?:its|his|her|their) time\b": "slowly",
        r"\bdr(?:awn|agged)[ -]out\b": "slow",
        # "at the lower end of the pitch range"
        r"\b(?:end|part|half|side|portion|range) of (?:the|its|his|her|their|a) (?=pitch|volume|tempo|speed)": "",
        r"\bmoderately (?=paced|pitched)": "moderate ",
        r"\b(?:instead of|rather than|far from|anything but)\b": "not",
        r"\bnot only\b": "",
        r"\bof (?:the |his |her |their |this )?(?:voice|speech|speaker)\b": "",
    },
    "zh": {
        "不快不慢|不紧不慢|不急不缓|不疾不徐|不急不慢": "语速适中",
        "不大不小|不轻不重": "音量适中",
        "不高不低": "适中",
        "高音(?![量调高])": "音调高",
        "低音(?![量调高])": "音调低",
        # Words that have a level's characters in them and tell of none; an emotion's are such too.
        "高兴|快乐|愉快|欢快|痛快|低落|低迷|急躁|着急|焦急|轻松|大概|大致|大约|大体|大家|大多|很大程度|快要|赶快|"
        "尽快|小心|小时|小姐|年轻|轻易|轻视|强烈|强调|坚强|勉强|增强|影响|反响|响起|提高|高涨|一般来说|一般而言": "□",
        "非常|不仅|不但|不光|不只|无比": "很",
    },
}
_COPULAS = (
    "is was are were be being been stays stay stayed remains remain remained kept keeps keep seems sounds sits lies "
    "held set turned climbs climbing rises rising goes stands drops drop falls falling hovers"
)
_LINKS = (
    "at in a an on the rather quite very fairly both too neither nor not either or and relatively only somewhat "
    "slightly also all equally comparatively noticeably up down to that which"
)
_STOPS = (
    "the a an with while but that which it its his her their this as though although whereas when who says said to "
    "from yet"
)
_ZH_CLAUSE = re.compile('[，。！？：；,.;:!?“”「」"□\\s]')


class LevelMention(NamedTuple):
    """A level of one of ``attributes``, which are two where either may be meant; denied where ``negated``."""

    attributes: frozenset[str]
    level: str
    negated: bool


def level_mentions(text: str, language: str) -> list[LevelMention]:
    """Finds the levels that a text tells of.

    Args:
        text: the text, with a quote mark in place of its transcript.
        language: ``en`` or ``zh``.
    """
    for pattern, word in _PHRASES[language].items():
        text = re.sub(pattern, word, text, flags=re.IGNORECASE)
    return _chinese_mentions(text) if language == "zh" else _EnglishClause.mentions(text)


def told_levels(mentions: Iterable[LevelMention]) -> dict[str, set[str]]:
    """Returns the levels that are told of each attribute; neither low nor high is medium."""
    told: dict[str, set[str]] = {"pitch": set(), "energy": set(), "rate": set()}
    denied: dict[str, set[str]] = {"pitch": set(), "energy": set(), "rate": set()}
    for attributes, level, negated in mentions:
        if len(attributes) == 1:
            (denied if negated else told)[next(iter(attributes))].add(level)
    for attribute, levels in denied.items():
        if {"low", "high"} <= levels:
            told[attribute].add("medium")
    return told


class _EnglishClause:
    """The words between two full stops, each looked at with those around it."""

    def __init__(self, words: list[str]):
        self.words = words

    @classmethod
    def mentions(cls, text: str) -> list[LevelMention]:
        text = text.lower().replace("’", "'")
        clauses = re.split(r"[.;:!?\"“”]+", text)
        return [mention for clause in clauses for mention in cls(re.findall(r"[a-z]+(?:'[a-z]+)?|,", clause))._all()]

    def _all(self) -> list[LevelMention]:
        found = []
        for place, word in enumerate(self.words):
            if word in _SPECIFIC["en"]:
                attribute, level = _SPECIFIC["en"][word]
                found.append(self._mention(frozenset({attribute}), level, place))
            elif word in _LEVEL["en"]:
                found += [self._mention(names, _LEVEL["en"][word], place) for names in self._attributes(place)]
            elif word in ("deep", "deeper") and any("pitch" in names for names in self._attributes(place)):
                found.append(self._mention(frozenset({"pitch"}), "low", place))
        return found

    def _mention(self, attributes: frozenset[str], level: str, place: int) -> LevelMention:
        before = re.split(r"\b(?:but|yet|while)\b|,", " ".join(self.words[:place]))[-1]
        return LevelMention(attributes, level, is_negated(f"{before} ", "en"))

    def _attributes(self, place: int) -> list[frozenset[str]]:
        """What a word such as "low" is said of."""
        noun = self._next(place)
        if noun is None and self._linked(place, copula=True) is None:
            noun = self._further(place)
        if noun is not None:
            return self._coordinated(noun, 1)
        noun = self._linked(place, copula=True)
        if noun is None:
            noun = self._linked(place, copula=False)
        return [] if noun is None else self._coordinated(noun, -1)

    def _next(self, place: int) -> int | None:
        """The noun right after it, or after "in": "low in pitch"; so also of the first of "high nor low in pitch"."""
        end = place + 1
        while self._word(end) in ("and", "or", "nor", "to") and self._word(end + 1) in _LEVEL["en"]:
            end += 2
        if self._word(end) == "in":
            end += 2 if self._word(end + 1) == "both" else 1
        return end if self._word(end) in _NOUNS["en"] else None

    def _further(self, place: int) -> int | None:
        """The noun up to four words on, with nothing but modifiers before it: "low and steady speaking volume"."""
        for end in range(place + 1, min(place + 6, len(self.words))):
            word = self.words[end]
            if word in _NOUNS["en"]:
                return None if self.words[end - 1] in (",", "and", "or") else end
            if word in _STOP_WORDS or word in _COPULA_WORDS:
                return None
        return None

    def _linked(self, place: int, copula: bool) -> int | None:
        """The noun before it, linked by a copula, or by small words: "pitch is rather low", "volume at a low level"."""
        seen = False
        for start in range(place - 1, max(place - 9, -1), -1):
            word = self.words[start]
            if word in _NOUNS["en"]:
                return start if seen or not copula else None
            if word in _COPULA_WORDS:
                seen = True
            elif word not in _LINK_WORDS and word not in _LEVEL["en"]:
                return None
        return None

    def _coordinated(self, noun: int, step: int) -> list[frozenset[str]]:
        """Of the noun and those that share its word: "a moderate pace, pitch and volume", "pitch and volume are"."""
        nouns, place = [noun], noun + step
        while 0 <= place < len(self.words):
            word = self.words[place]
            if word in _NOUNS["en"]:
                shared = self._word(place - 1) not in _LEVEL["en"] if step < 0 else self._shares(place)
                if not shared:
                    break
                nouns.append(place)
            elif word not in (",", "and", "or") and not (step < 0 and word in ("the", "its", "his", "her", "their")):
                break
            place += step
        return [_NOUNS["en"][self.words[place]] for place in nouns]

    def _shares(self, place: int) -> bool:
        following = self._word(place + 1)
        return following not in _COPULA_WORDS and following not in _LEVEL["en"] and following not in _SPECIFIC["en"]

    def _word(self, place: int) -> str:
        return self.words[place] if 0 <= place < len(self.words) else ""


def _chinese_mentions(text: str) -> list[LevelMention]:
    found = []
    for clause in _ZH_CLAUSE.split(text):
        end = 0
        for value in _ZH_VALUE.finditer(clause):
            negated = is_negated(clause[end : value.start()], "zh") or bool(_ZH_DENIED.match(clause, value.end()))
            word, end = value.group(), value.end()
            if word in _SPECIFIC["zh"]:
                attribute, level = _SPECIFIC["zh"][word]
                found.append(LevelMention(frozenset({attribute}), level, negated))
            else:
                level = _LEVEL["zh"][word]
                found += [LevelMention(names, level, negated) for names in _chinese_attributes(clause, value)]
    return found


def _chinese_attributes(clause: str, value: re.Match[str]) -> list[frozenset[str]]:
    before, after = _ZH_BEFORE.search(clause[: value.start()]), _ZH_AFTER.match(clause[value.end() :])
    if after and not (before and _ZH_NEAR.fullmatch(clause[before.end() : value.start()]) and not after["of"]):
        group = after["nouns"]
    elif before:
        group = before["nouns"]
    else:
        return []
    attributes = [_NOUNS["zh"][noun] for noun in _ZH_NOUN.findall(group)]
    if value.group() in "大小强":  # a voice that is big is a loud one
        attributes = [frozenset({"energy"}) if names == VOICE else names for names in attributes]
    return attributes


def _inverted(table: dict) -> dict:
    return {word: key for key, words in table.items() for word in words.split()}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=lambda word: -len(word)))


_NOUNS = {
    language: {word: VOICE if name == "voice" else frozenset({name}) for word, name in _inverted(table).items()}
    for language, table in _ATTRIBUTES.items()
}
_SPECIFIC = {language: _inverted(table) for language, table in _WORDS.items()}
_LEVEL = {language: _inverted(table) for language, table in _GENERIC.items()}
_COPULA_WORDS, _LINK_WORDS, _STOP_WORDS = set(_COPULAS.split()), set(_LINKS.split()), set(_STOPS.split())
_ZH_NOUN = re.compile(_any(_NOUNS["zh"]))
_ZH_NOUNS = f"(?P<nouns>(?:{_ZH_NOUN.pattern})(?:(?:、|和|与|及|以及|跟)?(?:{_ZH_NOUN.pattern}))*)"
_ZH_VALUE = re.compile(_any([*_SPECIFIC["zh"], *_LEVEL["zh"]]))
_ZH_BEFORE = re.compile(f"{_ZH_NOUNS}(?!.*(?:{_ZH_NOUN.pattern}))")  # the last group of names
_ZH_AFTER = re.compile(f"(?P<of>的)?{_ZH_NOUNS}")
_ZH_DENIED = re.compile("不(?:起来|上去|到哪)")  # 快不起来
_ZH_NEAR = re.compile("[较比很偏略稍微更颇挺都均也则为处于相对十分有些点]*")
