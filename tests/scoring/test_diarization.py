"""Emotion diarization error rate, by hand."""

import pytest

from c2ser.errors import InputError
from c2ser.scoring.diarization import DiarizationError, Turn, diarization_error, read_rttm


def test_each_kind_of_error_has_its_seconds():
    # 0    1    2    3    4    5    6    7    8    9    10
    # |    sad       |         |  angry  |    | happy   |
    # |-   sad  |  angry  |      sad     |    |         |   and neutral from 8 to 10
    reference = [Turn(0, 3, "sad"), Turn(5, 7, "angry"), Turn(8, 10, "happy")]
    hypothesis = [Turn(0.5, 2, "sad"), Turn(2, 4, "angry"), Turn(4, 7, "sad"), Turn(8, 10, "neutral")]
    error = diarization_error(reference, hypothesis, seconds=10)
    # missed 0-0.5 and 8-10; false alarm 3-4 as angry and 4-5 as sad; confused 2-3 and 5-7
    assert error == DiarizationError(2.5, 2, 3, 10) and error.rate == 0.75
    assert diarization_error(reversed(reference), reversed(hypothesis), seconds=10) == error
    assert diarization_error(reference, reference, seconds=10).rate == 0
    # where neutral is an emotion like the others, 8-10 is confused
    assert diarization_error(reference, hypothesis, seconds=10, non_emotional=()) == DiarizationError(0.5, 2, 5, 10)


def test_the_example_of_speechbrain():
    """Frames of 0.2 s, three neutral and three angry, against angry from 0.39 to 1.10 s of 1.22 s: 0.2705 there."""
    reference, hypothesis = [Turn(0.39, 1.10, "angry")], [Turn(0, 0.6, "neutral"), Turn(0.6, 1.2, "angry")]
    error = diarization_error(reference, hypothesis, seconds=1.22)
    # of the last 0.02 s, which no frame covers, SpeechBrain counts all as an error; here no turn is no emotion
    assert error.missed == pytest.approx(0.21) and error.false_alarm == pytest.approx(0.10) and error.confusion == 0
    assert error.rate == pytest.approx(0.2704918032786885 - 0.02 / 1.22)


def test_rates_are_of_the_recordings_durations():
    total = DiarizationError(1, 0, 0, 2) + DiarizationError(0, 0, 3, 10)
    assert total == DiarizationError(1, 0, 3, 12) and total.rate == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "turns, message",
    [
        ([Turn(0, 2, "sad"), Turn(1, 3, "angry")], "overlap; give one emotion at a time"),
        ([Turn(4, 6, "sad")], "not within the recording's 5 s"),
        ([Turn(2, 2, "sad")], "not within the recording's 5 s"),
    ],
)
def test_turns_that_cannot_be_are_one_line(turns, message):
    for reference, hypothesis in ((turns, []), ([], turns)):
        with pytest.raises(InputError, match=message):
            diarization_error(reference, hypothesis, seconds=5)


def test_turns_are_read_from_rttm(tmp_path):
    path = tmp_path / "reference.rttm"
    path.write_text(
        ";; a comment\n"
        "SPEAKER call 1 0.500 2.500 <NA> <NA> angry 0.9 <NA>\n"
        "SPEAKER call 1 4.000 1.000 <NA> <NA> <NA> <NA> <NA>\n"
        "SPEAKER other 1 0 1 <NA> <NA> sad <NA> <NA>\n"
    )
    assert read_rttm(path) == {"call": [Turn(0.5, 3.0, "angry")], "other": [Turn(0, 1, "sad")]}
    path.write_text("SPEAKER call 1 soon 2.500 <NA> <NA> angry\n")
    with pytest.raises(InputError, match="reference.rttm:1: not a line of RTTM"):
        read_rttm(path)
