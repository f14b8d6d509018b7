"""The YAML of conditions, lettered options, and the answers to them."""

import pytest

from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.rationales.prompts import PROMPTS
from c2ser.stability.conditions import list_conditions, read_conditions
from c2ser.stability.options import permuted, read_option, with_options


def test_the_packages_conditions_are_those_that_the_manual_promises():
    config = read_conditions()
    for mode in PROMPTS:
        conditions = list_conditions(config, mode, emotions=PAPER_EMOTIONS)
        names = [condition.name for condition in conditions]
        assert names[0] == "unchanged" and len(set(names)) == len(names)
        kinds = [condition.curve for condition in conditions if condition.group == "prompts"]
        assert kinds == ["free"] * 5 + ["lettered"] * 4
        orders = {condition.options for condition in conditions if condition.options}
        assert (
            PAPER_EMOTIONS in orders
            and len(orders) == 2
            and {tuple(sorted(own)) for own in orders} == {tuple(sorted(PAPER_EMOTIONS))}
        )
    assert set(config.audio["noise"]) == {20, 10, 5, 0} and len(config.audio) == 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("audio: {noize: [1]}", "audio: unknown change 'noize'"),
        ("audio: {speed: [9]}", "audio.speed: 9 is not from 0.25 to 4"),
        ("audio: {gain: [3, 3]}", r"audio.gain: \[3, 3\] has a value twice"),
        (
            "prompts: {implicit: {lettered: ['Which?']}}",
            "prompts.implicit: lettered: 'Which\\?' has no {options}",
        ),
        ("samples: {answers: 1}", "samples: answers: 1 cannot agree"),
        ("alone: {sounds: [rain]}", "alone: sounds: unknown 'rain'"),
        ("noise: [1]", "noise"),
    ],
)
def test_faults_of_a_file_are_named_with_the_file(tmp_path, text, message):
    path = tmp_path / "conditions.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"{path}: .*{message}"):
        read_conditions(path)


def test_options_are_permuted_the_same_each_time():
    assert permuted("abcdefg", 1) == permuted("abcdefg", 1) != permuted("abcdefg", 2) != tuple("abcdefg")
    assert with_options("{options}?", ["sad", "calm"]) == "(A) sad (B) calm?"


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("B", "happy"),
        ("(B)", "happy"),
        ("C.", "sad"),
        ("A) angry", "angry"),
        ("The answer is C", "sad"),
        ("Answer: B", "happy"),
        ("The speaker's emotion is sad.", "sad"),
        ("A voice that is loud", None),
        ("I am sure of nothing", None),
        ("D", None),
        ("", None),
    ],
)
def test_an_answer_is_a_word_or_a_letter(text, emotion):
    assert read_option(text, ["angry", "happy", "sad"]) == emotion
