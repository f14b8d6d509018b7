"""Figures of answers to dev utterances."""

from collections.abc import Mapping

import pytest

from c2ser.rationales.templates import explicit_target
from c2ser.tasks.answer_figures import FAITHFULNESS, WORST, answer_figures

EMOTIONS = ["angry", "happy", "sad"]
TARGETS = {
    "a": "The speaker's emotion is sad.",
    "b": "说话人的情感是悲伤。",
    "c": "The speaker's emotion is sad.",
    "d": "The speaker's emotion is happy.",
}

LEVELS = {"a": ("low", "medium", "high"), "b": ("medium", "high", "low"), "c": ("high", "low", "medium")}
WORDS = {"a": "One two three.", "b": "Seven eight.", "c": "我很高兴。"}
RATIONALES = {
    utt: explicit_target(LEVELS[utt], text=WORDS[utt], emotion=EMOTIONS[i], language="zh" if utt == "c" else "en")
    for i, utt in enumerate(LEVELS)
}


def implicit(answers: Mapping[str, str]) -> dict[str, float]:
    return answer_figures("implicit", answers, targets=TARGETS, emotions=EMOTIONS)


def explicit(answers: Mapping[str, str], targets: Mapping[str, str] = RATIONALES) -> dict[str, float]:
    return answer_figures("explicit", answers, targets=targets, emotions=EMOTIONS)


def test_recall_is_averaged_over_emotions_and_what_names_none_is_invalid_and_wrong():
    answers = {
        "d": "She is happy.",
        "c": "The speaker's emotion is angry.",
        "b": "说话人的情感是悲伤。",
        "a": "The the",
    }
    figures = implicit(answers)
    assert figures == {"ua": pytest.approx((1 / 3 + 1) / 2), "invalid_rate": 0.25, "answer_quality": figures["ua"]}


def test_ua_of_several_corpora_is_the_mean_of_theirs():
    answers = {**TARGETS, "b": "The speaker's emotion is angry.", "c": "The speaker's emotion is angry."}
    corpora = {"a": "emodb", "b": "emodb", "c": "urdu", "d": "urdu"}
    figures = answer_figures("implicit", answers, targets=TARGETS, emotions=EMOTIONS, corpora=corpora)
    assert figures["ua_emodb"] == figures["ua_urdu"] == figures["ua"] == figures["answer_quality"] == 0.5
    corpora["c"] = "ased"
    figures = answer_figures("implicit", answers, targets=TARGETS, emotions=EMOTIONS, corpora=corpora)
    assert (figures["ua_emodb"], figures["ua_ased"], figures["ua_urdu"], figures["ua"]) == (0.5, 0.0, 1.0, 0.5)


def test_an_emotion_outside_of_the_label_set_is_invalid():
    answers = {**TARGETS, "d": "The speaker's emotion is surprised."}
    assert implicit(answers)["invalid_rate"] == 0.25


def test_no_figure_is_worse_than_that_of_an_epoch_that_is_not_eligible():
    figures = implicit(dict.fromkeys(TARGETS, ""))
    assert figures.keys() == WORST.keys()
    assert figures["ua"] > WORST["ua"] and figures["answer_quality"] > WORST["answer_quality"]
    assert figures["invalid_rate"] < WORST["invalid_rate"]


def test_answers_that_say_what_their_targets_say_are_perfect():
    best = {"answer_quality": 1.0, "ua": 1.0, "invalid_rate": 0.0, "level_recall": 1.0, "cer": 0.0, "wording_rate": 1.0}
    assert explicit(RATIONALES) == best


def test_reasons_that_are_always_the_same_are_worth_as_much_as_a_guess():
    """The right emotion after the same levels and words each time."""
    answers = {
        utt: explicit_target(("medium",) * 3, text="One two three.", emotion=emotion, language="en")
        for utt, emotion in zip(RATIONALES, EMOTIONS)
    }
    figures = explicit(answers)
    assert figures["ua"] == figures["wording_rate"] == 1.0 and figures["level_recall"] == pytest.approx(1 / 3)
    assert 0.5 < figures["cer"] < 1.5
    parts = (1.0, figures["level_recall"], 1 - min(1.0, figures["cer"]))
    assert figures["answer_quality"] == pytest.approx(sum(parts) / 3)


def test_answers_that_go_on_or_stop_are_not_whole_and_long_quotes_cost_no_more_than_all_words():
    answers = {**RATIONALES, "a": RATIONALES["a"][:-12], "b": f'The words "{"wrong " * 40}" are said.'}
    figures = explicit(answers)
    assert figures["wording_rate"] == pytest.approx(1 / 3) and figures["cer"] > 1
    assert figures["answer_quality"] == pytest.approx((figures["ua"] + figures["level_recall"]) / 3)


def test_sentences_of_two_templates_in_one_are_not_whole_unless_targets_are_worded_freely():
    answers = {"a": 'This is said in a low pitch. The words "No." is read. The speaker seems to be sad.'}
    targets = {"a": explicit_target(("low", "nan", "nan"), text="No.", emotion="sad", language="en")}
    assert explicit(answers, targets)["wording_rate"] == 0.0
    freely = {"a": 'The voice is low, in a low pitch, and says "No." It sounds like someone who is sad.'}
    assert explicit(answers, freely)["wording_rate"] == 1.0


def test_what_the_targets_do_not_state_is_left_out():
    targets = {"a": explicit_target(("nan",) * 3, text=None, emotion="sad", language="en")}
    figures = explicit(targets, targets)
    assert figures.keys() - {"answer_quality", "ua", "invalid_rate"} <= {"wording_rate"} < {*FAITHFULNESS}
    assert figures["answer_quality"] == 1.0
