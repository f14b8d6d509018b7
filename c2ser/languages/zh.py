"""Chinese, as data."""

from c2ser.languages.language import Language, Templates, Wording
from c2ser.languages.zh_levels import WORDS, ChineseLevels
from c2ser.languages.zh_rules import RULES

EMOTIONS = {
    "angry": "愤怒",
    "happy": "开心",
    "neutral": "中性",
    "sad": "悲伤",
    "surprised": "惊讶",
    "disgusted": "厌恶",
    "fearful": "恐惧",
    "bored": "无聊",
    "amused": "被逗乐",
    "sleepy": "困倦",
    "excited": "兴奋",
    "frustrated": "沮丧",
    "calm": "平静",
}
STEMS = {
    "愤怒|生气|气愤|恼怒|恼火|发怒|发火|暴怒|狂怒|愤慨|激愤|怒气|怒火|恼羞成怒|气急败坏|憤怒|生氣|氣憤|惱怒": "angry",
    "怒不可遏|勃然大怒|大发雷霆": "angry",
    "开心|高兴|快乐|喜悦|愉快|欢快|欢乐|欣喜|欢喜|兴高采烈|愉悦|欢愉|喜气|開心|高興|快樂|喜悅": "happy",
    "中性|中立": "neutral | calm",
    "悲伤|伤心|难过|悲哀|哀伤|悲痛|忧伤|伤感|哀愁|悲傷|傷心|難過": "sad",
    "惊讶|吃惊|惊奇|诧异|震惊|惊异|惊愕|大吃一惊|吃了一惊|吃一惊|驚訝|吃驚|驚奇": "surprised",
    "厌恶|反感|恶心|嫌恶|厭惡|噁心": "disgusted",
    "恐惧|害怕|惊恐|恐慌|惧怕|畏惧|恐懼|驚恐": "fearful",
    "无聊|厌倦|無聊|厭倦": "bored",
    "被逗乐|被逗笑|逗乐": "amused",
    "困倦|犯困|困意|睡意|昏昏欲睡": "sleepy",
    "兴奋|激动|興奮|激動": "excited",
    "沮丧|挫败|沮喪": "frustrated",
    "平静|冷静|平靜|冷靜": "calm | neutral",
    # What only hints.
    "怒|火大|暴躁|气恼|气冲冲|恼|怨气": "| angry",
    "烦躁|不耐烦|急躁": "| angry frustrated",
    "幸福|快活|痛快|乐观|喜|满意|满足|得意|甜蜜|欣慰|笑意|轻松": "| happy",
    "淡定|平和|镇定|淡然|从容|沉着|毫无感情": "| neutral calm",
    "冷漠|漠然|平淡|冷淡": "| neutral bored",
    "忧郁|抑郁|凄凉|心碎|悲|哀|郁闷|消沉|低迷": "| sad",
    "失望|失落|低落": "| sad frustrated",
    "哭|流泪|抽泣|哽咽": "| sad fearful",
    "不满|不悦": "| angry sad disgusted frustrated",
    "意外|难以置信|惊叹": "| surprised",
    "惊喜": "| surprised happy",
    "嫌弃|讨厌|厌烦|憎恶|鄙夷|作呕": "| disgusted",
    "憎恨|仇恨|恨": "| angry disgusted",
    "惊慌|慌张|胆怯|惧|怕|恐": "| fearful",
    "紧张|焦虑|担心|担忧|不安|忧虑": "| fearful",
    "乏味|百无聊赖|没劲": "| bored",
    "好笑|有趣|逗": "| amused",
    "疲倦|疲惫|劳累": "| sleepy",
    "亢奋|振奋|热情": "| excited happy",
    "受挫|沮": "| frustrated",
    "着急|焦急|烦闷": "| angry fearful frustrated",
    "放松": "| neutral calm happy",
    "委屈|心酸|痛苦|难受|惆怅|遗憾|孤独|寂寞|忧愁|后悔|懊悔|怀念|思念|心疼": "| sad",
    "无奈|无助|绝望|崩溃": "| sad fearful frustrated",
    "错愕|惊吓": "| surprised fearful",
    "忐忑|发怵|心虚": "| fearful",
    "鄙视|不屑": "| disgusted angry",
    # Emotions outside of the vocabulary.
    "好奇|疑惑|困惑|怀疑|嘲讽|讽刺|感动|同情|可怜|羡慕|释然|愧疚|害羞": "|",
    "自豪|骄傲|羞愧|内疚|嫉妒|尴尬|轻蔑|爱意|感激|期待": "|",
}

TEMPLATES = Templates(
    phrases={
        "rate": ("语速较慢", "语速适中", "语速较快"),
        "pitch": ("音调较低", "音调适中", "音调较高"),
        "energy": ("音量较小", "音量适中", "音量较大"),
    },
    rationales=(
        Wording("说话人{style}。", "说的是“{words}”这些话。", "由此判断，说话人的情感是{emotion}。"),
        Wording("这段话{style}。", "可以听到“{words}”这样的话。", "综合来看，其情感为{emotion}。"),
        Wording("从声音听来，{style}。", "其中“{words}”是所说的内容。", "可见这里表达的情感是{emotion}。"),
        Wording("语音的特点是{style}。", "话里说到“{words}”这句。", "因此，情感应为{emotion}。"),
    ),
    answer="说话人的情感是{emotion}。",
    sentence_joint="",
    phrase_joint="，",
)

CHINESE = Language(
    code="zh",
    name="Chinese",
    emotions=EMOTIONS,
    stems=STEMS,
    templates=TEMPLATES,
    rules=RULES,
    find_levels=ChineseLevels(WORDS),
    spaced=False,
    script="[\u3400-\u9fff]",
    letters_per_word=1.5,
    foreign_share=0.1,
    unit="[\u3400-\u9fff]",
    echo=10,
)
