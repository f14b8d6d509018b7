"""The checker of rewritten rationales: hand-made ones, templates, and whatever can be broken in these."""

import re
from itertools import product
from pathlib import Path

import pytest
import yaml

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.cot.checker import KINDS, Facts, faults
from c2ser.cot.templates import PHRASES, explicit_target
from c2ser.emotions import EMOTIONS, emotion_word

CASES = yaml.safe_load((Path(__file__).parent / "rewrites.yaml").read_text(encoding="utf-8"))
TEXTS = (
    None,
    "I am so happy, and he talks so fast!",
    "Alles ist gut.",
    "我很悲伤，开心！他 说",
    '"No" he said; so',
    "?",
)


def facts(levels, text, emotion, language, utt="utt1") -> Facts:
    return Facts(explicit_target(utt, levels, text, emotion, language), levels, text, emotion, language)


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


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_template_passes(language):
    for told in cases(language):
        assert faults(told.template, told) == [], told
    for levels, utt in product(product((*LEVELS, "nan"), repeat=3), range(8)):
        told = facts(levels, "Well.", "sad", language, f"utt{utt}")
        assert faults(told.template, told) == [], told


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_broken_template_passes(language):
    for told in cases(language):
        word, phrases = emotion_word(told.emotion, language), PHRASES[language]
        for other in set(EMOTIONS) - {told.emotion}:
            wrong = emotion_word(other, language)
            assert "emotion" in kinds(told.template.replace(word, wrong), told)
            assert "emotion" in kinds(f"{told.template[:-1]}, {wrong}{told.template[-1]}", told)
        for attribute, level in zip(ATTRIBUTES, told.levels):
            said = phrases[attribute][LEVELS.index(level)] if level in LEVELS else None
            for other in set(phrases[attribute]) - {said}:
                if said:
                    assert "levels" in kinds(told.template.replace(said, other), told)
                else:
                    assert "levels" in kinds(f"{other}{'，' if language == 'zh' else ', '}{told.template}", told)
            if said:
                assert "levels" in kinds(told.template.replace(said, ""), told)
        if told.text and any(map(str.isalnum, told.text)):
            quoted = re.search('".*"|“.*”', told.template).group()
            for lost in ("", quoted[:1] + quoted[2:], f"{quoted[:-1]} !x{quoted[-1]}"):
                assert "transcript" in kinds(told.template.replace(quoted, lost), told), (told, lost)
        assert kinds(told.template[:-1], told) == {"form"}
        assert "language" in kinds(
            facts(told.levels, told.text, told.emotion, "zh" if language == "en" else "en").template, told
        )


def test_a_run_of_the_prompt_is_an_echo():
    told = facts(("low", "low", "low"), "Hello.", "sad", "en")
    prompt = "Please say all of it in other words of your own. The speaker seems to be sorry"
    assert faults(told.template, told, prompt) == []
    echoed = f"So I say all of it in other words of your own. {told.template}"
    assert any("form: the prompt's own words" in fault for fault in faults(echoed, told, prompt))
    assert faults(echoed, told) == []
