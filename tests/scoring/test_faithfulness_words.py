"""Errors of quoted words, against jiwer on texts that need no normalisation."""

import random

import jiwer
import pytest

from c2ser.scoring.faithfulness_words import alignment, is_unspaced, normalised, word_errors

WORDS = "a the cat sat on mat never again told you so".split()
HAN = "我你他今天很高兴要谈的事"


def sentence(rng: random.Random, units: list[str] | str, joint: str) -> str:
    return joint.join(rng.choices(units, k=rng.randint(1, 9)))


def test_rates_are_those_of_jiwer():
    rng = random.Random(1)
    for _ in range(100):
        said, quoted = sentence(rng, WORDS, " "), sentence(rng, WORDS, " ")
        errors = word_errors(said, quoted)
        assert errors.char_edits / errors.chars == pytest.approx(jiwer.cer(said, quoted))
        assert errors.word_edits / errors.words == pytest.approx(jiwer.wer(said, quoted))


def test_languages_without_spaces_have_a_rate_of_characters_only():
    rng = random.Random(2)
    for _ in range(100):
        said, quoted = sentence(rng, HAN, ""), sentence(rng, HAN, "")
        errors = word_errors(" ".join(said), quoted)
        assert errors.char_edits / errors.chars == pytest.approx(jiwer.cer(said, quoted))
        assert (errors.word_edits, errors.words) == (0, 0)


@pytest.mark.parametrize(
    "said, quoted",
    [
        ("Don't stop!", "DON’T   stop"),
        ("Well—known, isn't it?", "well known isnt it"),
        ("我很 高兴。", "我很高兴"),
        ("Ｆｕｌｌ width", "full width"),
        ("Größe", "GRÖSSE"),
        ("हिन्दी में", "हिन्दी में।"),
    ],
)
def test_case_punctuation_and_forms_of_characters_do_not_count(said, quoted):
    errors = word_errors(said, quoted)
    assert errors.char_edits == errors.word_edits == 0 < errors.chars


def test_marks_that_belong_to_letters_count():
    assert word_errors("कि", "क").char_edits == 1


@pytest.mark.parametrize("reference", ["", "…", " ?! ", "——"])
def test_a_reference_without_words_is_none(reference):
    assert word_errors(reference, "words") is None


def test_what_is_not_quoted_is_deleted():
    assert word_errors("never again", "") == (11, 11, 2, 2)
    assert alignment("never again", "") == [("delete", "never again", "")]
    assert alignment("", "never") == [("insert", "", "never")]
    assert alignment("", "") == []


def test_an_alignment_holds_both_texts():
    rng = random.Random(3)
    for units, joint in ((WORDS, " "), (HAN, "")):
        for _ in range(50):
            said, quoted = sentence(rng, units, joint), sentence(rng, units, joint)
            chunks = alignment(said, quoted)
            assert joint.join(chunk.reference for chunk in chunks if chunk.reference) == said
            assert joint.join(chunk.quoted for chunk in chunks if chunk.quoted) == quoted
            assert all((chunk.reference == chunk.quoted) == (chunk.kind == "equal") for chunk in chunks)


def test_words_of_another_script_than_the_reference():
    assert normalised("I use 微信!") == "i use 微信" and not is_unspaced("I use 微信!")
    assert word_errors("我很高兴", "I am").char_edits == 4
    assert word_errors("I am", "我很").char_edits == 4
    assert not is_unspaced("123") and not is_unspaced("")
