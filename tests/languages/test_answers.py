"""Answers of models read as a person reads them: three sets to measure, and one for development."""

import pytest
import yaml
from helpers.paths import ROOT

from c2ser.emotions import EMOTIONS
from c2ser.languages import read_emotion, read_rationale

FIRST, BLIND, RELEASE, DEVELOPED = (
    yaml.safe_load((ROOT / "tests/data" / name).read_text(encoding="utf-8"))
    for name in ("answers.yaml", "answers_blind.yaml", "answers_release.yaml", "answers_dev.yaml")
)
MEASURED = FIRST + BLIND + RELEASE
FEWEST_ANSWERS = 300
LEAST_AGREEMENT = 0.98
ATTRIBUTES = {"pitch": "pitch", "loudness": "energy", "rate": "rate"}  # in the sets -> in the package

# Answers of the measured sets that the reader reads otherwise -> why.
OTHERWISE = {
    "en2-list-04": "options in a bulleted list without letters are taken for mentions",
    "en2-comparison-01": "'would come with' is not recognised as a comparison, and 'fits best' ranks lower",
    "zh2-third-person-02": "that somebody is talked about is not recognised behind 讲",
}
# Rationales of both sets whose levels, quotes or language are read otherwise -> why.
RATIONALES_OTHERWISE = {
    "en-rationale-10": "who shouts is taken to be loud",
    "en-rationale-24": "'both' is not traced back to pitch and volume",
    "zh2-rationale-12": "音量不是小，而是大: the second clause has no noun",
}


def test_the_measured_answers_are_read_as_a_person_reads_them():
    found = {case["id"]: read_emotion(case["text"], EMOTIONS) for case in MEASURED}
    others = [case for case in MEASURED if found[case["id"]] != case["emotion"]]
    for case in others:
        print(f"{case['id']}: {case['text']!r} is {case['emotion']}, read as {found[case['id']]}")
    assert {case["id"] for case in others} == set(OTHERWISE)
    assert len(found) == len(MEASURED) >= FEWEST_ANSWERS
    assert 1 - len(others) / len(MEASURED) >= LEAST_AGREEMENT


@pytest.mark.parametrize("case", DEVELOPED, ids=lambda case: case["id"])
def test_the_answers_for_development_are_read_as_a_person_reads_them(case):
    assert read_emotion(case["text"], EMOTIONS) == case["emotion"]


def test_what_rationales_state_is_read_as_a_person_reads_it():
    cases = [case for case in (*MEASURED, *DEVELOPED) if case["category"] == "rationale"]
    assert len(cases) >= 60
    others = set()
    for case in cases:
        read = read_rationale(case["text"])
        levels = {name: read.level(attribute) for name, attribute in ATTRIBUTES.items()}
        found = ({name: level for name, level in levels.items() if level}, list(read.quotes), read.language)
        wanted = (case.get("levels", {}), case.get("quotes", []), case["rationale_language"])
        if found != wanted:
            print(f"{case['id']}: {case['text']!r} is {wanted}, read as {found}")
            others.add(case["id"])
    assert others == set(RATIONALES_OTHERWISE)
