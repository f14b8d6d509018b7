"""Which answers read as a whole rationale."""

import itertools

import pytest

from c2ser.acoustics.levels import LEVELS, UNKNOWN
from c2ser.languages import LANGUAGES, read_rationale
from c2ser.rationales.templates import explicit_target
from c2ser.rationales.wording import free_sentences, template_sentences

SENTENCES = {"en": 'He said: "No, 3 times." (Then he left)', "zh": "他说：“不行！”然后走了。"}
BROKEN = (
    'The words "TheThessss." is disgusted. The speaker seems." is disgusted.',
    'The text "TheThe is angry.',
    'The speaker talks at a slow pace. The text "TheThe is angry.',
    'The speaker talks at a slow pace. The words "Theys is read. Here "o." is sad. Taken together,." is surprised.',
    'This is said at a slow pace. The words "No." are heard. The speaker seems to be sad. The speaker seems to be sad.',
    "The speaker talks at a slow pace. The speaker seems to be sad. And so on.",
    "The speaker talks at a slow pace.",
    "The speaker talks at a slow pace, in a low",
    "Well. The speaker talks at a slow pace. The speaker seems to be sad.",
    "The speaker talks at a slow pace.The speaker seems to be sad.",
    "说话人语速较慢。The speaker seems to be sad.",
    "",
)


def targets(language: str):
    """Targets with all combinations of levels, with words and without."""
    emotions = itertools.cycle(LANGUAGES[language].emotions)
    for levels in itertools.product((*LEVELS, UNKNOWN), repeat=3):
        for text in (None, SENTENCES[language]):
            yield levels, text, explicit_target(levels, text=text, emotion=next(emotions), language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_targets_are_whole_and_have_the_sentences_that_they_were_given(language):
    for levels, text, target in targets(language):
        expected = {"style": set(levels) != {UNKNOWN}, "words": text is not None}
        assert template_sentences(target) == {name for name, there in expected.items() if there}, target


@pytest.mark.parametrize("language", LANGUAGES)
def test_rationales_in_each_wording_are_whole(language):
    templates, emotions = LANGUAGES[language].templates, itertools.cycle(LANGUAGES[language].emotions.values())
    for wording, phrases in itertools.product(templates.rationales, itertools.product(*templates.phrases.values())):
        style = wording.style.format(style=templates.phrase_joint.join(phrases))
        words = wording.words.format(words="No, 3 times.")
        conclusion = wording.conclusion.format(emotion=next(emotions))
        assert template_sentences(templates.sentence_joint.join([style, words, conclusion])) == {"style", "words"}
        assert template_sentences(templates.sentence_joint.join([words, conclusion])) == {"words"}
        assert template_sentences(conclusion) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_targets_that_are_cut_off_or_have_something_doubled_are_not_whole(language):
    for _, _, target in itertools.islice(targets(language), 0, None, 7):
        joint = LANGUAGES[language].templates.sentence_joint
        assert all(template_sentences(target[:end]) is None for end in range(len(target)))
        assert template_sentences(target + joint + target) is None
        assert template_sentences("x" + target) is None


def test_a_quote_without_words_is_a_sentence_that_says_none():
    target = explicit_target(("low", "nan", "nan"), text="...", emotion="sad", language="en")
    assert '"..."' in target and template_sentences(target) == {"style"}
    assert template_sentences(target.replace("...", "")) is None


def test_sentences_of_several_wordings_read_as_a_whole():
    answer = 'The speaker talks at a slow pace. Here "No." is said. So the emotion appears to be sad.'
    assert template_sentences(answer) == {"style", "words"}


@pytest.mark.parametrize("answer", BROKEN)
def test_broken_answers_are_not_whole(answer):
    assert template_sentences(answer) is None


@pytest.mark.parametrize("answer", BROKEN[:6] + BROKEN[-1:])
def test_broken_answers_are_not_whole_in_free_words_either(answer):
    assert free_sentences(read_rationale(answer), answer) is None


@pytest.mark.parametrize(
    "answer, sentences",
    [
        ('Speaking slowly and in a low pitch, this person says "No." That is sadness.', {"style", "words"}),
        ("Speaking slowly and in a low pitch, this person sounds sad.", {"style"}),
        ("说话人语速很快，音量很大，说的是“不行！”，听得出他很愤怒。", {"style", "words"}),
        ('Speaking slowly, this person says "No." and "Yes." That is sadness.', None),
        ("Speaking slowly and fast, this person sounds sad.", None),
        ("This person sounds sad, speaking slowly and in a low pitch.", None),
        ("Speaking slowly and in a low pitch, this person sounds sad and angry.", None),
        ("Speaking slowly and in a low pitch, this person speaks.", None),
    ],
)
def test_free_words(answer, sentences):
    assert template_sentences(answer) is None
    assert free_sentences(read_rationale(answer), answer) == sentences
