"""What is marked in an answer."""

import pytest

from c2ser.inspection.answer_marks import PLAIN, RIGHT, UNREADABLE, WRONG, marked_answer
from c2ser.scoring.faithfulness_comparison import AnsweredUtterance, compare


def marks(said: str, *, wording: str = "templates", **known) -> dict[str, str]:
    """Text -> mark of all pieces of an answer to an utterance of high pitch."""
    facts = {"levels": ("high", "nan", "nan"), "text": None, "is_recognised": False, "language": None, "emotion": None}
    compared = compare(AnsweredUtterance("a", said, **facts | known), wording=wording)
    pieces = marked_answer(compared)
    assert "".join(piece.text for piece in pieces) == said and all(piece.text for piece in pieces)
    assert all(bool(piece.note) == (piece.mark == WRONG) for piece in pieces)
    return {piece.text: piece.mark for piece in pieces}


def test_levels_words_and_emotion_are_right_or_wrong():
    said = (
        'This is said at a slow pace, in a low pitch. One can hear "No way." in it. So the emotion appears to be sad.'
    )
    found = marks(said, levels=("high", "nan", "low"), text="No way!", emotion="angry")
    assert (found["at a slow pace"], found["in a low pitch"]) == (RIGHT, WRONG)
    assert (found["No way."], found["sad"]) == (RIGHT, WRONG)
    assert marks(said, text="Now, way!", emotion="sad")["No way."] == WRONG
    assert UNREADABLE not in found.values()


def test_what_is_not_known_is_neither():
    found = marks('This is said at a slow pace. One can hear "No." in it. So the emotion appears to be sad.')
    assert set(found.values()) == {PLAIN}


def test_chinese():
    said = "说话人语速较慢，音调较高。说的是“不行”这些话。由此判断，说话人的情感是愤怒。"
    found = marks(said, levels=("high", "nan", "high"), text="不行！", emotion="angry", language="zh")
    assert (found["语速较慢"], found["音调较高"], found["不行"], found["愤怒"]) == (WRONG, RIGHT, RIGHT, RIGHT)


@pytest.mark.parametrize(
    "said, unreadable",
    [
        ('The speaker talks in a high pitch. The text "TheThe is ', 'The text "TheThe is '),
        ("Well. The speaker talks in a high pitch. So the emotion appears to be sad.", "Well. "),
        ("The speaker talks in a high pitch. The speaker. So the emotion appears to be sad.", "The speaker. "),
        ("xyz", "xyz"),
    ],
)
def test_what_belongs_to_no_sentence_is_unreadable(said, unreadable):
    found = marks(said, emotion="sad")
    assert [text for text, mark in found.items() if mark == UNREADABLE] == [unreadable]
    assert found.get("in a high pitch", RIGHT) == RIGHT


def test_a_whole_rationale_in_words_of_its_own_is_readable():
    said = "Speaking slowly and in a high pitch, this person sounds sad."
    assert UNREADABLE in marks(said).values()
    assert UNREADABLE not in marks(said, wording="free").values()


def test_levels_that_are_only_quoted_are_not_marked():
    found = marks('The words "No, in a low pitch" are heard. The speaker seems to be sad.', emotion="sad")
    assert found["No, in a low pitch"] == PLAIN and WRONG not in found.values()


def test_an_empty_answer_has_no_pieces():
    assert marks("") == {}
