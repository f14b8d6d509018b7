"""Levels that a Chinese text states."""

import re

from c2ser.languages.levels import VOICE, LevelMention, LevelWords, any_of

WORDS = LevelWords(
    attributes={
        "rate": "语速 说话速度 速度 节奏",
        "pitch": "音调 音高 声调 语调 调门 基频 调子",
        "energy": "音量 响度 声量 嗓门 音强",
        "voice": "声音 嗓音 嗓子 声线",
    },
    specific={
        ("rate", "low"): "缓慢 徐缓 迟缓 舒缓 缓缓 慢",
        ("rate", "high"): "急促 迅速 飞快 快速 急速 轻快 急忙 快 急",
        ("rate", "medium"): "中速",
        ("pitch", "low"): "低沉 浑厚 深沉",
        ("pitch", "high"): "高亢 尖锐 尖细 尖利 刺耳 尖",
        ("energy", "low"): "轻柔 微弱 小声 轻声 低声 细声 悄声 柔和 轻 弱",
        ("energy", "high"): "洪亮 响亮 嘹亮 大声 高声 大喊 喊叫 响",
    },
    generic={
        "low": "低 小",
        "medium": "适中 中等 正常 一般 普通 平均 居中 平常",
        "high": "高 大 强",
    },
    turns={
        "(音调|音高|声调|语调|音量|响度|语速)[ ]*[:：][ ]*": r"\1",
        # 如果是愤怒，音量会更大
        "(?:如果|假如|要是|若)[^。；;]*?会[^。；;,，]*": "□",
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
    negations=r"不|没|无|非|未|难[以说称算言讲]|假装|装作|佯装",
    affirmations="非常|不禁|不由得|不得不|不仅|不但|不光|不只|无比|无疑|毫无疑问|无法掩饰|毫不掩饰|难以掩饰|难以抑制|不难|"
    "不断|不言而喻",
    window=r"[^，。！？；,;]{0,4}$",
)

CLAUSE = re.compile('[，。！？：；,.;:!?“”「」"□\\s]')
# 快不起来
DENIED_AFTER = re.compile("不(?:起来|上去|到哪)")
BETWEEN = re.compile("[较比很偏略稍微更颇挺都均也则为处于相对十分有些点]*")
LOUD = "大小强"  # a voice that is big is a loud one


class ChineseLevels:
    """Finds the levels that a Chinese text states.

    Args:
        words: Chinese words for levels.
    """

    def __init__(self, words: LevelWords):
        noun = any_of(words.nouns)
        nouns = f"(?P<nouns>(?:{noun})(?:(?:、|和|与|及|以及|跟)?(?:{noun}))*)"
        self.words = words
        self.noun = re.compile(noun)
        self.value = re.compile(any_of([*words.specific_words, *words.generic_words]))
        self.before = re.compile(f"{nouns}(?!.*(?:{noun}))")  # the last group of names
        self.after = re.compile(f"(?P<of>的)?{nouns}")

    def __call__(self, text: str) -> list[LevelMention]:
        """Finds the levels that a text states, in order.

        Args:
            text: the text, with a quote mark in place of its transcript.
        """
        return [mention for clause in CLAUSE.split(self.words.plainer(text)) for mention in self._of_clause(clause)]

    def _of_clause(self, clause: str) -> list[LevelMention]:
        found, end = [], 0
        for value in self.value.finditer(clause):
            negated = self.words.is_negated(clause[end : value.start()])
            negated = negated or bool(DENIED_AFTER.match(clause, value.end()))
            word, end = value.group(), value.end()
            if word in self.words.specific_words:
                attribute, level = self.words.specific_words[word]
                found.append(LevelMention(frozenset({attribute}), level, negated))
            else:
                level = self.words.generic_words[word]
                found += [LevelMention(names, level, negated) for names in self._attributes(clause, value)]
        return found

    def _attributes(self, clause: str, value: re.Match[str]) -> list[frozenset[str]]:
        """What a word such as 低 is said of."""
        before, after = self.before.search(clause[: value.start()]), self.after.match(clause[value.end() :])
        if after and not (before and BETWEEN.fullmatch(clause[before.end() : value.start()]) and not after["of"]):
            group = after["nouns"]
        elif before:
            group = before["nouns"]
        else:
            return []
        attributes = [self.words.nouns[noun] for noun in self.noun.findall(group)]
        if value.group() in LOUD:
            attributes = [frozenset({"energy"}) if names == VOICE else names for names in attributes]
        return attributes
