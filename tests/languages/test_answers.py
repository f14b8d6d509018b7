"""Answers of models read as a person reads them: a set made for development, and one made independently of it."""

import pytest
import yaml
from helpers.paths import ROOT

from c2ser.emotions import EMOTIONS
from c2ser.languages import read_emotion

MEASURED, DEVELOPED = (
    yaml.safe_load((ROOT / "tests/data" / name).read_text(encoding="utf-8"))
    for name in ("answers.yaml", "answers_dev.yaml")
)
FEWEST_ANSWERS = 300
LEAST_AGREEMENT = 0.98

# Answers of the measured set that the reader reads otherwise -> why.
OTHERWISE: dict[str, str] = {}


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
