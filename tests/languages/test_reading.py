"""Reading emotions and rationales."""

from itertools import product

import pytest

from c2ser.emotions import EMOTIONS, PAPER_EMOTIONS
from c2ser.languages import LANGUAGES, language_of, last_emotion_word, read_emotion, read_rationale
from c2ser.languages.quotes import MARK
from c2ser.rationales.templates import explicit_target

QUOTES = ('"{}"', "“{}”", "„{}“", "«{}»", "»{}«", "「{}」", "『{}』", "〝{}〞", "＂{}＂", "'{}'", "‘{}’")


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("The speaker is not angry.", None),
        ("not angry but sad", "sad"),
        ("neither happy nor sad", None),
        ("angry, not sad", "angry"),
        ("the emotion is angry, revealing strong dissatisfaction and disgust", "angry"),
        ("推测情绪为愤怒，透露出强烈的不满和厌恶。", "angry"),
        ("推测情绪为中性，没有明显的高兴或悲伤。", "neutral"),
        ("推测情绪为惊讶，带着一丝喜悦。", "surprised"),
        ("推测情绪为悲伤，流露出对未来的恐惧和无助。", "sad"),
        ("推测情绪为悲伤，愤怒之外还有失望。", "sad"),
        ("The emotion is inferred to be sad, mixed with some anger.", "sad"),
        ('The content is "Why me?" The emotion is angry, with a touch of fear.', "angry"),
        ('The words "Why me?" are happy, the speaker is sad.', "sad"),
        ("推测情绪为恐惧，愤怒与悲伤也隐约可闻。", "fearful"),
        ("", None),
        ("   \n\t ", None),
        ("\ue000\ue100 angry \ue101", "angry"),
    ],
)
def test_conclusions(text, emotion):
    assert read_emotion(text) == emotion


@pytest.mark.parametrize("quote", QUOTES)
def test_quoted_words_are_not_the_speakers_emotion(quote):
    assert read_emotion(f"The speaker says {quote.format('I am so happy')} and is sad.") == "sad"
    assert read_emotion(f"The speaker says {quote.format('I am so happy')}.") is None
    assert read_emotion(f"说话人说{quote.format('我很开心')}，情感是悲伤。") == "sad"
    assert read_emotion(f"The emotion is {quote.format('happy')}.") == "happy"
    assert read_emotion(f"情感是{quote.format('开心')}。") == "happy"


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ('The speaker says "I am so happy', None),
        ("说话人说“我很开心", None),
        ('说话人说"我很开心', None),
        ('The text "I am happy. The speaker is sad.', "sad"),
        ('The words "No. The text "I am happy." is read. So the speaker is sad.', "sad"),
        ('The words are read." is neutral.', "neutral"),
        ('说的是"我很开心"情感是悲伤。', "sad"),
        ('The words"I am happy"are said by someone sad.', "sad"),
        ('The text "TheThe is angry.', "angry"),
        ('The text "TheThe is not angry.', None),
        ('The text "TheThe is read.', None),
        ('The words "TheThessssss. The speaker seems to be angry.', "angry"),
        ("The words \"It's over. The speaker is sad.", "sad"),
        ('The words "No." are read. The text "TheThe is angry.', "angry"),
        ('The content is "Why me? The emotion is inferred to be sad, with a touch of fear.', "sad"),
        ('The speaker is sad and says "I am so happy. We won', "sad"),
        ('The speaker says "I am so happy.', None),
        ('The speaker says "She is happy. We won', None),
        ("可以听到“他他他。综合来看，其情感为厌恶。", "disgusted"),
        ("可以听到“他他他他其情感为厌恶。", "disgusted"),
        ("可以听到“他走了！情感为悲伤。", "sad"),
        ("说话人说“我很开心。", None),
        ('说“我很开心"。情感是悲伤。', "sad"),
        ('说"我很开心”。情感是悲伤。', "sad"),
    ],
)
def test_quotes_that_are_not_closed_and_quotes_without_spaces(text, emotion):
    assert read_emotion(text) == emotion


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("quote", ("“{}”", "„{}“", "«{}»", "「{}」", "『{}』", "〝{}〞", '"{}"'))
def test_a_quote_that_is_closed_or_not_never_changes_the_emotion(language, quote):
    opening, closing = quote.split("{}")
    said = {"en": "I'm happy. My emotion is happy. I won", "zh": "我很开心。我的情感是开心！我赢了"}[language]
    for emotion in PAPER_EMOTIONS:
        target = explicit_target(("low",) * 3, text=said, emotion=emotion, language=language)
        for before, after in (('"', '"'), ("“", "”")):
            target = target.replace(f"{before}{said}{after}", f"{opening}{said}{closing}")
        assert read_emotion(target) == emotion
        assert read_emotion(target.replace(f"{said}{closing}", said)) == emotion


def test_the_label_set_decides_what_counts():
    assert read_emotion("The speaker is calm.", EMOTIONS) == "calm"
    assert read_emotion("The speaker is calm.", PAPER_EMOTIONS) is None
    assert read_emotion("The speaker is calm and sad.", EMOTIONS) is None
    assert read_emotion("The speaker is calm and sad.", PAPER_EMOTIONS) == "sad"
    # The conclusion counts, though the label set does not have it.
    assert read_emotion("It is not joy but boredom. The emotion is bored.", PAPER_EMOTIONS) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_read_in_both_languages(language):
    for emotion, word in LANGUAGES[language].emotions.items():
        assert read_emotion(f"The emotion is {word}.", EMOTIONS) == emotion
        assert read_emotion(f"The emotion is not {word}.", EMOTIONS) is None
        assert read_emotion(f"说话人的情感是{word}。", EMOTIONS) == emotion
        assert read_emotion(f"说话人的情感不是{word}。", EMOTIONS) is None
    assert set(LANGUAGES[language].emotions) == set(EMOTIONS)


def test_long_answers_do_not_take_long():
    """Backtracking would make the time grow beyond all bounds."""
    for part in (
        "not very ",
        "不",
        "the emotion might be ",
        "angry, ",
        "'",
        '"',
        "if ",
        "although the words are ",
        "?",
    ):
        assert read_emotion(part * 1000) in (None, "angry")


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_are_read_back(language):
    levels = ("low", "medium", "high", "nan")
    for number, (pitch, energy, rate) in enumerate(product(levels, repeat=3)):
        emotion = EMOTIONS[number % len(EMOTIONS)]
        target = explicit_target((pitch, energy, rate), text="I'm fine, 生气!", emotion=emotion, language=language)
        for read in (read_rationale(target), read_rationale(target, language, transcript="I'm fine, 生气!")):
            stated = {name: read.level(name) or "nan" for name in ("pitch", "energy", "rate")}
            assert stated == {"pitch": pitch, "energy": energy, "rate": rate}
            assert read.quotes == ("I'm fine, 生气!",) and read.text.count(MARK) == 1
            assert read.emotion == emotion and read.language == language
            assert read.is_whole == (stated != dict.fromkeys(stated, "nan"))


def test_a_transcript_without_quotes_is_found():
    read = read_rationale("It says I am happy in a low pitch, so the speaker is sad.", "en", transcript="I am happy!")
    assert read.text == f"It says {MARK} in a low pitch, so the speaker is sad." and read.quotes == ()
    assert [mention.name for mention in read.emotion_mentions] == ["sad"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The pace is slow, so the speaker is sad.", True),
        ("So the speaker is sad.", False),
        ("The speaker is sad, because the pace is slow.", False),
        ("The pace is slow, so the speaker is sad", False),
        ('The pace is slow and the words "No', False),
        ("The pace is slow, so the speaker is not sad.", False),
    ],
)
def test_a_whole_rationale_has_reasons_and_ends_with_its_emotion(text, whole):
    assert read_rationale(text).is_whole == whole


def test_contradictions_are_no_level():
    read = read_rationale("The pace is slow, and the pace is fast.")
    assert read.levels["rate"] == {"low", "high"} and read.level("rate") is None and read.level("pitch") is None


def test_the_word_of_a_target_is_the_last_outside_of_quotes():
    word = last_emotion_word('Not angry: "so sad"', ["angry", "sad"])
    assert (word.name, word.start, word.end) == ("angry", 4, 9)
    assert last_emotion_word('"so sad"', ["sad"]) is None


def test_languages_without_wordings_are_answered_in_english():
    assert language_of("zh").code == "zh"
    assert language_of("en") is language_of("de") is language_of(None) is LANGUAGES["en"]
