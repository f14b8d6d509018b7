"""What answers say."""

import pytest
import yaml
from helpers.paths import ROOT

from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.scoring.faithfulness_answers import read_answer
from c2ser.scoring.faithfulness_words import normalised


def said_levels(text: str) -> tuple[str | None, ...]:
    return tuple(read_answer(text).levels[name] for name in ATTRIBUTES)


@pytest.mark.parametrize(
    "text, levels",
    [
        ("The voice comes at a fast pace, in a low pitch, at a high volume.", ("low", "high", "high")),
        ("语音的特点是语速较慢，音调适中，音量较小。", ("medium", "low", "low")),
        ("The speaker talks at a slow pace, at a fast pace, in a low pitch.", ("low", None, None)),
        ("The speaker is sad.", (None, None, None)),
        ('The words "a slow pace" are heard.', (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_levels(text, levels):
    assert said_levels(text) == levels


def test_quotes_emotion_and_language():
    answer = read_answer('Here "I am glad" and "so" are said. Taken together, the emotion is sad.')
    assert (answer.quote, answer.emotion, answer.language) == ("I am glad so", "sad", "en")
    assert read_answer("其中“我很高兴”是所说的内容。可见这里表达的情感是悲伤。").quote == "我很高兴"
    assert read_answer("其中“I am glad”是所说的内容。可见这里表达的情感是悲伤。").language == "zh"
    nothing = read_answer("")
    assert (nothing.quote, nothing.emotion, nothing.language, nothing.sentences, nothing.agrees) == ("", *[None] * 4)


def test_an_answer_whose_quote_is_not_closed_is_read_up_to_there():
    answer = read_answer('The speaker talks at a slow pace, in a low pitch. The text "TheThe is angry.')
    assert answer.levels["rate"] == "low" and answer.levels["pitch"] == "low" and answer.sentences is None


@pytest.mark.parametrize(
    "text, agrees",
    [
        ("The voice is shouting, in anger. So the emotion is angry.", True),
        ("The voice is shouting, in anger. So the emotion is sad.", False),
        ("The voice is full of joy. In conclusion, this voice is sad.", False),
        ("A trembling, anxious voice. In conclusion, this voice is fearful.", True),
        ("A trembling, anxious voice. In conclusion, this voice is happy.", False),
        ("The voice does not sound sad. So the emotion is sad.", False),
        ("The voice does not sound angry. So the emotion is sad.", True),
        ("Although the words are happy, the voice trails off. So the emotion is sad.", True),
        ('The words "I am so angry" are heard. The speaker seems to be happy.', True),
        ("声音里充满喜悦。因此，情感应为悲伤。", False),
        ("声音里充满悲伤。因此，情感应为悲伤。", True),
        ("The speaker talks at a slow pace.", None),
        ('The words "I am so angry are heard. The speaker seems to be happy.', True),
    ],
)
def test_reasons_agree_with_the_conclusion(text, agrees):
    assert read_answer(text).agrees is agrees


def test_free_wording_is_whole_only_where_it_is_asked_for():
    text = "Speaking slowly and in a low pitch, this person sounds sad."
    assert read_answer(text).sentences is None and read_answer(text, wording="free").sentences == {"style"}


def test_levels_and_quotes_are_what_a_person_reads():
    rows = yaml.safe_load((ROOT / "tests" / "data" / "answers_read.yaml").read_text(encoding="utf-8"))
    assert len(rows) == 60 and len({row["model"] for row in rows}) == 3
    same = dict.fromkeys((*ATTRIBUTES, "quote"), 0)
    for row in rows:
        answer = read_answer(row["answer"])
        for name in ATTRIBUTES:
            same[name] += (answer.levels[name] or "none") == row[name]
        same["quote"] += normalised(answer.quote) == normalised(row["quote"])
    assert min(same[name] for name in ATTRIBUTES) == 60
    assert sum(same.values()) >= 0.98 * 240, same
