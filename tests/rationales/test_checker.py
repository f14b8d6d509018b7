"""The checker of rewritten rationales: hand-made ones, templates, and whatever can be broken in these."""

import re
from itertools import product

import pytest
import yaml
from helpers.paths import ROOT

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.emotions import EMOTIONS
from c2ser.languages import LANGUAGES
from c2ser.rationales.checker import KINDS, Facts, faults
from c2ser.rationales.templates import explicit_target

CASES = yaml.safe_load((ROOT / "tests/data/rewrites.yaml").read_text(encoding="utf-8"))
TEXTS = (
    None,
    "I am so happy, and he talks so fast!",
    "Alles ist gut.",
    "我很悲伤，开心！他 说",
    '"No" he said; so',
    "?",
)


def facts(levels, text, emotion, language, utt="utt1") -> Facts:
    return Facts(
        explicit_target(levels, text=text, emotion=emotion, language=language), levels, text, emotion, language
    )


def kinds(rewrite: str, told: Facts) -> set[str]:
    return {fault.partition(":")[0] for fault in faults(rewrite, told)}


def facts_of(case: dict) -> Facts:
    return facts(case["levels"].split(), case["text"], case["emotion"], case["language"])


@pytest.mark.parametrize("case", CASES["good"], ids=lambda case: case["rewrite"][:40])
def test_good_rewrites_pass(case):
    assert faults(case["rewrite"], facts_of(case)) == []


@pytest.mark.parametrize("case", CASES["bad"], ids=lambda case: f"{case['kind']}: {case['rewrite'][:40]}")
def test_bad_rewrites_are_caught_for_what_is_wrong_with_them(case):
    assert case["kind"] in kinds(case["rewrite"], facts_of(case))


def test_there_are_enough_of_each_kind_and_language():
    assert len(CASES["bad"]) >= 60 and len(CASES["good"]) >= 30
    for language in ("en", "zh"):
        assert {case["kind"] for case in CASES["bad"] if case["language"] == language} == set(KINDS)


def cases(language):
    """Facts whose template is a rationale, of all emotions, some of the levels and texts."""
    levels = [*product((*LEVELS, "nan"), repeat=3)]
    for number, (emotion, text) in enumerate(product(EMOTIONS, TEXTS)):
        yield facts(levels[number * 7 % len(levels)], text, emotion, language, f"utt{number}")


def reworded(told: Facts) -> str:
    """The template, and a little more."""
    return f"听，{told.template}" if told.language == "zh" else f"Here, {told.template}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_words_of_every_template_pass_but_no_copy_does(language):
    every_level = (facts(levels, "Well.", "sad", language) for levels in product((*LEVELS, "nan"), repeat=3))
    for told in (*cases(language), *every_level):
        assert faults(told.template, told) == ["copy: it is the template"]
        assert faults(reworded(told), told) == [], told


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_broken_passes(language):
    words, templates = LANGUAGES[language].emotions, LANGUAGES[language].templates
    phrases, joint = templates.phrases, templates.phrase_joint
    for number, told in enumerate(cases(language)):
        good, word = reworded(told), words[told.emotion]
        for other in sorted(set(EMOTIONS) - {told.emotion})[number % 4 :: 4]:
            wrong = words[other]
            assert "emotion" in kinds(good.replace(word, wrong), told)
            assert "emotion" in kinds(f"{good[:-1]}{joint}{wrong}{good[-1]}", told)
        for attribute, level in zip(ATTRIBUTES, told.levels):
            if level not in LEVELS:
                assert all("levels" in kinds(f"{phrase}{joint}{good}", told) for phrase in phrases[attribute])
                continue
            said = phrases[attribute][LEVELS.index(level)]
            for other in {"", *phrases[attribute]} - {said}:
                assert "levels" in kinds(good.replace(said, other), told)
        if told.text and any(map(str.isalnum, told.text)):
            quoted = re.search('".*"|“.*”', good).group()
            for lost in ("", quoted[:1] + quoted[2:], f"{quoted[:-1]} !x{quoted[-1]}"):
                assert "transcript" in kinds(good.replace(quoted, lost), told), (told, lost)
        assert kinds(good[:-1], told) == {"form"}
        foreign = facts(told.levels, told.text, told.emotion, {"en": "zh", "zh": "en"}[language])
        assert "language" in kinds(foreign.template, told)


def test_a_run_of_the_prompt_is_an_echo():
    told = facts(("low", "low", "low"), "Hello.", "sad", "en")
    prompt = "Please say all of it in other words of your own. The speaker seems to be sorry"
    assert faults(reworded(told), told, prompt=prompt) == []
    echoed = f"So I say all of it in other words of your own. {told.template}"
    assert any("form: the prompt's own words" in fault for fault in faults(echoed, told, prompt=prompt))
    assert faults(echoed, told) == []
