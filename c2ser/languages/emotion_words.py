"""Emotions that a text names, in many more words than labels and answers have: inflections, synonyms, near synonyms."""

import re
from typing import NamedTuple

from c2ser.emotions import mentions

# A word's stem (a regular expression from the word's start to its end) -> emotions that it may stand for, apart by
# spaces; without any it is none of the vocabulary's, and wrong in every rationale.
ENGLISH = {
    r"ang(?:er|ry|ri)\w*|furious\w*|fury|rag(?:e|es|ed|ing)|enrag\w*|outrag\w*|irate|mad|madly|wrath\w*": "angry",
    r"hostil\w*|resent\w*|indigna\w*|livid|seeth\w*|infuriat\w*|incensed|aggressi\w*": "angry",
    r"irritat\w*|annoy\w*|impatien\w*|exasperat\w*": "angry frustrated",
    r"happ(?:y|ily|ier|iest|iness)|joy\w*|rejoic\w*|glad\w*|cheer\w*|delight\w*|glee\w*|elat\w*|jubila\w*": "happy",
    r"merr(?:y|ily|iment)|pleas(?:ed|ure)|jolly|blissful\w*|bliss|contentment|overjoyed": "happy",
    r"enthusias\w*|upbeat|exuberan\w*|ecsta\w*": "happy excited",
    r"laugh\w*|giggl\w*|humou?r\w*|playful\w*": "happy amused",
    r"positiv\w*": "happy excited amused surprised",
    r"neutral\w*|unemotional\w*|emotionless\w*|impassive\w*|dispassionate\w*": "neutral",
    r"calm\w*|seren\w*|tranquil\w*": "neutral calm",
    r"composed|composure|relaxed|placid\w*|unmoved": "neutral",
    r"indifferen\w*|apath\w*|disinterest\w*|uninterest\w*": "neutral bored",
    r"sad(?:der|dest|den\w*|ly|ness)?|sorrow\w*|griev\w*|grief|mourn\w*|melanchol\w*|gloom\w*|depress\w*": "sad",
    r"deject\w*|heartbroken|heartbreak|heartache|miser(?:y|able|ably)|despair\w*|unhapp\w*|lament\w*|forlorn\w*": "sad",
    r"woe\w*|downcast|despond\w*": "sad",
    r"disappoint\w*|dishearten\w*": "sad frustrated",
    r"tear(?:s|ful|fully|y)|weep\w*|sob(?:s|bed|bing)?|cr(?:y|ies|ying)": "sad fearful",
    r"upset\w*|distress\w*|displeas\w*|discontent\w*|dissatisf\w*": "angry sad fearful frustrated disgusted",
    r"negativ\w*": "angry sad disgusted fearful frustrated bored",
    r"surpris\w*|astonish\w*|amaz\w*|astound\w*|stunned|disbelie\w*|incredul\w*|bewilder\w*": "surprised",
    r"startl\w*|shock\w*": "surprised fearful",
    r"disgust\w*|revuls\w*|revolt(?:ed|ing)|repuls\w*|repel\w*|nausea\w*|loath\w*|avers\w*|distaste\w*": "disgusted",
    r"scorn\w*|hat(?:e|es|ed|red|eful)|disdain\w*": "disgusted angry",
    r"fear\w*|afraid|scar(?:ed|y)|fright\w*|terr(?:or|ified|ifying|ify)\w*|horr(?:or|ified|ifying)\w*": "fearful",
    r"panic\w*|dread\w*|anxi(?:ous|ously|ety)|nervous\w*|worr(?:y|ied|ies|ying)|apprehensi\w*|timid\w*": "fearful",
    r"bor(?:ed|ing|edom|edly)": "bored",
    r"wear(?:y|ily|iness)|listless\w*|letharg\w*": "bored sleepy sad",
    r"amus\w*": "amused",
    r"sleep\w*|drows\w*|tired\w*|fatigue\w*|exhaust\w*": "sleepy",
    r"excit\w*|thrill\w*|exhilarat\w*": "excited",
    r"agitat\w*": "angry excited fearful frustrated",
    r"frustrat\w*": "frustrated",
    r"vengeful\w*|fuming|disgruntled|spiteful\w*|offended|grump\w*|glower\w*|riled": "angry",
    r"irked|vexed|vexation|peeved|aggravated|fed[ -]up|stress(?:ed|ful)|sulk\w*|sullen\w*": "angry frustrated",
    r"bitter\w*|aggrieved|disillusioned|uncomfortabl\w*": "angry sad disgusted frustrated fearful",
    r"satisf\w*|mirth\w*|bubbly|chipper|euphori\w*|triumph\w*|optimis\w*": "happy",
    r"eager\w*|passion\w*|giddy|zeal\w*": "happy excited",
    r"peaceful\w*|stoic\w*|matter-of-fact\w*": "neutral",
    r"anguish\w*|devastat\w*|crestfallen|downhearted|glum\w*|wretched\w*|wistful\w*|regret\w*|remorse\w*": "sad",
    r"resign(?:ed|edly|ation)|pessimis\w*|discourag\w*|wounded|homesick\w*|somber|sombre|grim\w*": "sad",
    r"hurt|helpless\w*|troubled|shaken|overwhelm\w*|distraught|tense|tension": "sad angry fearful frustrated",
    r"desperat\w*": "sad fearful",
    r"wonderment|awe|awed|awe-?struck|dumbfounded|flabbergasted|speechless|thunderstruck|taken[ -]aback": "surprised",
    r"appal\w*|sicken\w*|queas\w*|abhor\w*|grossed": "disgusted",
    r"petrified|spooked|trepidation|jitter\w*|fretful\w*|uneas\w*|wary|warily|vulnerab\w*": "fearful",
    r"aghast|dismay\w*|alarmed": "surprised fearful sad disgusted",
    r"mock\w*|sarcas\w*|cynic\w*|skeptic\w*|sceptic\w*|suspici\w*|defian\w*|confiden(?:t|tly|ce)": "",
    r"reliev(?:ed|edly)|relief|sympath\w*|compassion\w*|pity|tender\w*|yearning|longing|shy(?:ly|ness)?": "",
    r"puzzl\w*|perplex\w*|intrigu\w*|sorry|apologetic\w*|reluctan\w*|insecur\w*|thankful\w*|romantic\w*": "",
    r"contempt\w*|pride|proud\w*|asham\w*|shame\w*|guilt\w*|jealous\w*|env(?:y|ious|iously)|embarrass\w*": "",
    r"lov(?:e|ing|ingly)|affection\w*|hope\w*|gratitude|grateful\w*|nostalg\w*|lonel\w*|curio\w*|confus\w*": "",
}
CHINESE = {
    "恼火|怒|火大|发火|暴躁|气恼|气冲冲|恼": "angry",
    "烦躁|不耐烦|急躁": "angry frustrated",
    "愉快|欢快|欢乐|欣喜|欢喜|兴高采烈|幸福|愉悦|欢愉|喜气|快活|痛快|乐观|喜": "happy",
    "冷静|淡定|平和|镇定|淡然|从容|沉着|毫无感情": "neutral",
    "冷漠|漠然": "neutral bored",
    "哀伤|悲痛|忧伤|伤感|忧郁|抑郁|哀愁|凄凉|心碎|悲|哀|郁闷|消沉|低迷": "sad",
    "失望|失落|低落": "sad frustrated",
    "哭|流泪|抽泣|哽咽": "sad fearful",
    "不满|不悦": "angry sad disgusted frustrated",
    "诧异|震惊|惊异|惊愕|意外|难以置信|惊叹": "surprised",
    "惊喜": "surprised happy",
    "嫌弃|嫌恶|讨厌|厌烦|憎恶|鄙夷|作呕": "disgusted",
    "憎恨|仇恨|恨": "angry disgusted",
    "恐慌|惧怕|畏惧|惊慌|慌张|胆怯|惧|怕|恐": "fearful",
    "紧张|焦虑|担心|担忧|不安|忧虑": "fearful",
    "乏味|百无聊赖|没劲": "bored",
    "好笑|有趣|逗": "amused",
    "困意|犯困|疲倦|疲惫|昏昏欲睡|睡意|劳累": "sleepy",
    "亢奋|振奋|热情": "excited happy",
    "挫败|受挫|沮": "frustrated",
    "愤慨|激愤|怨气|气急败坏": "angry",
    "着急|焦急|烦闷": "angry fearful frustrated",
    "满意|满足|得意|甜蜜|欣慰|笑意|轻松": "happy",
    "放松": "neutral happy",
    "平淡|冷淡": "neutral bored",
    "委屈|心酸|痛苦|难受|惆怅|遗憾|孤独|寂寞|忧愁|后悔|懊悔|怀念|思念|心疼": "sad",
    "无奈|无助|绝望|崩溃": "sad fearful frustrated",
    "错愕|惊吓": "surprised fearful",
    "忐忑|发怵|心虚": "fearful",
    "鄙视|不屑": "disgusted angry",
    "好奇|疑惑|困惑|怀疑|嘲讽|讽刺|感动|同情|可怜|羡慕|释然|愧疚|害羞": "",
    "自豪|骄傲|羞愧|内疚|嫉妒|尴尬|轻蔑|爱意|感激|期待": "",
}
NEGATIONS = {
    "en": r"\b(?:not|no|none|nobody|nothing|never|neither|nor|without|hardly|cannot|free of|far from|instead of|"
    r"rather than|lack\w*|would like to|tr(?:y|ies|ying) to|mistake\w* for|pretend\w*|feign\w*|"
    r"fak(?:e|es|ed|ing))\b|n't\b",
    "zh": r"不|没|无|非|未|难[以说称算言讲]|假装|装作|佯装",
}
# What looks like a negation and denies nothing.
AFFIRMATIONS = {
    "en": r"\b(?:no doubt|without (?:a |any )?doubt|not only|nothing but|no wonder|(?:cannot|can't|not) help but)\b",
    "zh": "非常|不禁|不由得|不得不|不仅|不但|不光|不只|无比|无疑|毫无疑问|无法掩饰|毫不掩饰|难以掩饰|难以抑制|不难|"
    "不断|不言而喻",
}
# "One cannot really say that the speaker is", of any length; in Chinese such words are among the negations.
DENIALS = {
    "en": r"(?:\b(?:not|cannot|never|nobody|no one|hard|hardly|difficult|wrong|impossible)|n't)\b[^.,:;!?]*"
    r"\b(?:say|call|claim|conclude|describe|think|suggest|assume)\b[^.:;!?]*$",
    "zh": "(?!)",
}
# What follows an emotion where more is felt, or where it is taken back.
AFTERTHOUGHTS = {
    "en": r"[\s,]*(?:and|or|but|yet|though|although|if|mixed|mingled|tinged|laced|blended|bordering|with)\b",
    "zh": "[，、；]?(?:和|与|及|以及|或|又|但|却|而|并|还有|夹杂|掺杂|混杂|交织|[之中里]?带)",
}
WINDOWS = {"en": r"(?:[\s,]+[\w'-]+){0,4}[\s,]+$", "zh": r"[^，。！？；,;]{0,4}$"}


class EmotionMention(NamedTuple):
    """A word that stands for one of ``emotions``, from ``start`` to ``end`` in the text; denied where ``negated``."""

    start: int
    end: int
    emotions: frozenset[str]
    negated: bool


def emotion_mentions(text: str, language: str) -> list[EmotionMention]:
    """Finds the emotions that a text names, in order, English and Chinese words in either language of rationale.

    Args:
        text: the text, without its transcript.
        language: ``en`` or ``zh``, for negations.
    """
    found = [(start, end, frozenset([emotion])) for emotion, start, end in mentions(text)]
    for pattern, meanings in _PATTERNS:
        found += [(*word.span(), meanings[word.lastindex - 1]) for word in pattern.finditer(text)]
    found.sort(key=lambda word: word[:2])
    return [EmotionMention(*word, _is_denied(text[: word[0]], language)) for word in found]


def is_negated(before: str, language: str) -> bool:
    """Tells whether what stands before a word denies it."""
    before = re.sub(AFFIRMATIONS[language], lambda found: "□" * len(found.group()), before, flags=re.IGNORECASE)
    return bool(re.search(f"(?:{NEGATIONS[language]}){WINDOWS[language]}", before, re.IGNORECASE))


def has_afterthought(after: str, language: str) -> bool:
    """Tells whether what stands after an emotion adds to it or takes it back."""
    return bool(re.match(AFTERTHOUGHTS[language], after, re.IGNORECASE))


def _is_denied(before: str, language: str) -> bool:
    return is_negated(before, language) or bool(re.search(DENIALS[language], before, re.IGNORECASE))


def _pattern(words: list[tuple[str, str]], form: str) -> tuple[re.Pattern[str], list[frozenset[str]]]:
    """One pattern with a group for each row, and what each group stands for."""
    groups = "|".join(f"({row})" for row, _ in words)
    return re.compile(form.format(groups), re.IGNORECASE), [frozenset(emotions.split()) for _, emotions in words]


# Longer Chinese words first, because they may begin with shorter ones of another meaning.
_CHINESE = sorted(
    ((word, meaning) for words, meaning in CHINESE.items() for word in words.split("|")), key=lambda row: -len(row[0])
)
_PATTERNS = [_pattern(list(ENGLISH.items()), r"\b(?:{})\b"), _pattern(_CHINESE, "{}")]
