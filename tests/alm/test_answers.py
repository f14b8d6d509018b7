"""Target texts as tokens."""

from itertools import product

import numpy as np
import pytest
from helpers.tiny_alm import LEVELS

from c2ser.acoustics.levels import LEVELS as NAMES
from c2ser.alm.answers import answer_openings, decode_after, encode_answer, label_answers, level_choices
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import LANGUAGES, language_of
from c2ser.languages.parts import Part
from c2ser.lm.loading import load_tokenizer
from c2ser.rationales.templates import explicit_beginnings, explicit_parts, explicit_target, implicit_target


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_the_emotions_tokens_are_marked(tiny_llm, language):
    tokenizer = load_tokenizer(str(tiny_llm))
    for emotion in PAPER_EMOTIONS:
        other = next(name for name in PAPER_EMOTIONS if name != emotion)
        # The transcript names another emotion, which is not the answer.
        transcript = f"i am {other}, {language_of(language).emotions[other]}"
        texts = [
            explicit_target(LEVELS, text=transcript, emotion=emotion, language=language),
            explicit_target(("low", "high", "low"), text=None, emotion=emotion, language=language),
            implicit_target(emotion, language),
        ]
        for text in texts:
            ids, parts = encode_answer(tokenizer, text, emotions=PAPER_EMOTIONS)
            marks = parts == Part.EMOTION
            assert ids[-1] == tokenizer.eos_token_id and not marks[-1]
            marked = tokenizer.decode(ids[marks])
            assert language_of(language).emotions[emotion] in marked
            assert len(marked.strip()) <= len(language_of(language).emotions[emotion]) + 12
            assert np.diff(np.flatnonzero(marks)).max(initial=1) == 1
            assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_an_answer_without_an_emotion_is_refused(tiny_llm):
    with pytest.raises(InputError, match="names no emotion of the label set"):
        encode_answer(load_tokenizer(str(tiny_llm)), "The speaker sounds bored.", emotions=PAPER_EMOTIONS)


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])  # whole characters, and bytes
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_target_with_another_level_goes_on_with_its_token(llms, architecture, language):
    tokenizer = load_tokenizer(llms[architecture])

    quoted = language_of(language).templates.phrases["pitch"][0]  # the words speak of a level, too

    def target(levels):
        return explicit_target(levels, text=quoted, emotion="sad", language=language)

    def ids(levels):
        return tokenizer(target(levels), add_special_tokens=False).input_ids

    for levels in product(NAMES, repeat=3):
        places, choices = level_choices(tokenizer, target(levels), emotions=["sad"])
        for attribute, (place, tokens) in enumerate(zip(places, choices, strict=True)):
            for level, token in zip(NAMES, tokens, strict=True):
                other = ids([*levels[:attribute], level, *levels[attribute + 1 :]])
                assert other[place] == token and other[:place] == ids(levels)[:place]
    places, _ = level_choices(tokenizer, target(["nan", "low", "high"]), emotions=["sad"])
    assert places[0] == -1 and (places[1:] >= 0).all()


def test_levels_in_words_that_are_no_templates_have_no_choices(tiny_llm):
    text = "Her voice is high and thin. So the emotion appears to be sad."
    places, _ = level_choices(load_tokenizer(str(tiny_llm)), text, emotions=["sad"])
    assert places.tolist() == [-1, -1, -1]


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])  # whole characters, and bytes
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_target_begins_with_one_opening_of_its_language_and_none_of_another(llms, architecture, language):
    tokenizer = load_tokenizer(llms[architecture])
    openings = answer_openings(tokenizer, {code: explicit_beginnings(code) for code in LANGUAGES}, language=language)
    texts = ("I am 生气!", None)
    for number, (*levels, text, code) in enumerate(product(*[("low", "medium", "high", "nan")] * 3, texts, LANGUAGES)):
        emotion = PAPER_EMOTIONS[number % 7]
        target = explicit_target(levels, text=text, emotion=emotion, language=code)
        tokens = tuple(tokenizer(target, add_special_tokens=False).input_ids)
        assert sum(tokens[: len(opening)] == opening for opening in openings) == (code == language), target


def test_openings_are_as_long_as_it_takes_to_tell_the_language(llms):
    tokenizer = load_tokenizer(llms["llama"])
    emotions = {code: f"My emotion {code}." for code in LANGUAGES}
    opening, *others = answer_openings(tokenizer, {code: [text] for code, text in emotions.items()}, language="zh")
    assert not others and tokenizer.decode(opening).strip().startswith("My emotion z")
    assert tokenizer.decode(opening[:-1]).strip() in "My emotion e"


@pytest.mark.parametrize("llm", ["llama", "qwen2"])  # sentencepiece, and a byte-level BPE
@pytest.mark.parametrize(
    "language, text", [("en", "I am sad, Zoë."), ("zh", "我很难过。"), ("de", None), ("en", 'a {emotion} "quote" 中')]
)
def test_answers_are_what_is_given_and_what_is_left_to_say(llms, llm, language, text):
    tokenizer = load_tokenizer(llms[llm])
    known = {"text": text, "language": language}
    before, after = explicit_parts(LEVELS, **known)
    texts = [explicit_target(LEVELS, emotion=emotion, **known) for emotion in PAPER_EMOTIONS]
    answers = label_answers(tokenizer, texts, end_token=2, given=len(before))
    assert answers.texts == texts and answers.begun and before.startswith(answers.begun)
    encoded = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True)
    following = len(answers.beginning)  # another token in some text, or one that holds a part of what is left to say
    differs = len({tokens[following] for tokens in encoded["input_ids"]}) > 1
    assert differs or encoded["offset_mapping"][0][following][1] > len(before)
    for emotion, target, ending in zip(PAPER_EMOTIONS, texts, answers.endings, strict=True):
        assert target == before + language_of(language).emotions[emotion] + after
        assert [*answers.beginning, *ending] == [*tokenizer(target, add_special_tokens=False).input_ids, 2]
        said = decode_after(tokenizer, ending[:-1], beginning=answers.beginning)
        assert answers.begun + said == target
    free = label_answers(tokenizer, texts, end_token=2)
    assert (free.beginning, free.begun) == ([], "") and decode_after(tokenizer, free.endings[0][:3], beginning=[])
