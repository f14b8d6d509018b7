"""Answers drawn at random."""

import pytest

from c2ser.data.tables import write_table
from c2ser.inspection.answer_samples import draw_answers

ANSWER = 'This is said in a low pitch. One can hear "No." in it. So the emotion appears to be sad.'


@pytest.fixture
def answered(tmp_path):
    utts = [f"utt{number:03}" for number in range(200)]
    tables = {"utt2spk": "anna", "attribute_levels": "low nan high", "attributes": "101.25 nan 15"}
    tables |= {"text": "No!", "utt2lang": "en", "utt2emo": "sad", "hyp": ANSWER}
    for name, value in tables.items():
        write_table(tmp_path / name, dict.fromkeys(utts, value))
    return tmp_path


def drawn(folder, **options) -> list[str]:
    return [sample.comparison.of.utterance for sample in draw_answers(folder, folder / "hyp", **options)]


def test_the_draw_depends_on_seed_and_ids_alone(answered):
    first = drawn(answered, number=20)
    assert len(set(first)) == 20 and first == sorted(first) == drawn(answered, number=20)
    assert drawn(answered, number=20, seed=1) != first
    assert set(drawn(answered, number=5)) < set(first)
    assert len(drawn(answered, number=500)) == 200 and drawn(answered, number=0) == []


def test_the_draw_spreads_over_the_set(answered):
    counts = [0] * 4
    for seed in range(20):
        for utterance in drawn(answered, number=20, seed=seed):
            counts[int(utterance[3:]) // 50] += 1
    assert min(counts) > 65  # 100 each is expected, with a deviation of less than 9


def test_a_sample_has_what_was_measured_and_said(answered):
    (sample,) = draw_answers(answered, answered / "hyp", number=1)
    pitch, energy, rate = sample.levels
    assert (pitch.value, pitch.measured, pitch.said, pitch.is_right) == ("101.2 Hz", "low", "low", True)
    assert (energy.value, energy.measured, energy.is_right) == ("nan", None, None)
    assert (rate.measured, rate.said, rate.is_right) == ("high", None, False)
    assert sample.num_wrong == 1 and sample.expected_language == "en" and sample.emotion_is_right
    assert [chunk.kind for chunk in sample.words] == ["equal"]
    assert sample.audio.source is None and "wav.scp: no such file" in sample.audio.fault


def test_all_that_is_wrong_is_counted(answered):
    utts = [f"utt{number:03}" for number in range(200)]
    write_table(answered / "hyp", dict.fromkeys(utts, "声音里充满喜悦，音调较高。因此，情感应为愤怒。"))
    (sample,) = draw_answers(answered, answered / "hyp", number=1)
    # pitch, rate, words, emotion, language, reasons, wording
    assert sample.num_wrong == 7
