"""The language that a text is written in."""

import pytest

from c2ser.languages import LANGUAGES, detect_language, word_language
from c2ser.languages.detection import foreign_part


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The speaker is angry.", "en"),
        ("说话人很生气。", "zh"),
        ("这段语音的情绪是 surprised。", "zh"),
        ("The emotion is 愤怒.", "en"),
        ("愤怒 (angry)", "zh"),
        ("0.75 ...", None),
        ("", None),
    ],
)
def test_a_text_is_in_the_language_of_most_of_its_words(text, language):
    assert detect_language(text) == language


def test_words_are_of_the_language_of_their_letters():
    for language in LANGUAGES.values():
        assert {word_language(word) for word in language.emotions.values()} == {language}


@pytest.mark.parametrize(
    ("text", "language", "fault"),
    [
        ("The speaker is angry.", "en", None),
        ("Der Sprecher redet langsam und leise.", "en", "not English"),
        ("The speaker is angry. Der Sprecher redet sehr langsam und leise.", "en", "not English"),
        ("The speaker is 愤怒.", "en", "not English"),
        ("说话人很生气。", "zh", None),
        ("说话人很 angry。", "zh", "not Chinese"),
        ("The speaker is злой.", "en", "letters of another script"),
    ],
)
def test_what_is_not_in_a_language_is_told(text, language, fault):
    assert foreign_part(text, LANGUAGES[language]) == fault
