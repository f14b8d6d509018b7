"""Where recordings are cut: at pauses, and in long speech into windows that overlap."""

import numpy as np
import pytest
from helpers.spoken import RATE, recording, sentences

from c2ser.errors import InputError
from c2ser.systems.segmentation import Segmentation, speech_windows


def spans(windows) -> list[tuple[float, float]]:
    return [(window.start / RATE, window.end / RATE) for window in windows]


def test_speech_between_pauses_is_a_segment():
    first, second, third = sentences()
    samples, spoken = recording(1.0, first, 1.5, second, 0.9, third, 2.0)
    found = spans(speech_windows(np.array_split(samples, 5), Segmentation()))
    assert np.array(found) == pytest.approx(np.array(spoken), abs=0.3)


def test_noise_and_silence_are_not_speech():
    noise = np.random.default_rng(0).normal(scale=0.05, size=5 * RATE).astype(np.float32)
    hum = 0.3 * np.sin(2 * np.pi * 120 * np.arange(5 * RATE) / RATE).astype(np.float32)
    for samples in (np.zeros(5 * RATE, np.float32), noise, hum):
        assert list(speech_windows([samples], Segmentation())) == []


def test_long_speech_is_cut_into_windows_that_overlap():
    samples, _ = recording(0.5, *sentences() * 3, 1.0, sentences()[0], 0.5)
    cut = Segmentation(window=3, overlap=1, pause=0.6)
    windows = list(speech_windows(np.array_split(samples, 11), cut))
    found = spans(windows)
    assert len(windows) > 5 and all(len(window.audio) <= 3 * RATE for window in windows)
    assert all(len(window.audio) == 3 * RATE for window in windows[:-1])
    inner = found[:-1]  # of the long stretch
    assert all(before[1] == after[0] for before, after in zip(inner, inner[1:]))  # neither gap nor overlap
    assert [round(end - start, 3) for start, end in inner[1:-1]] == [2.0] * (len(inner) - 2)
    assert inner[-1][1] + 0.5 < found[-1][0] < found[-1][1] <= len(samples) / RATE
    for window in windows:  # the segment is in the window, with what is said around it
        places = range(window.end - len(window.audio), window.start + 1)
        assert any(np.array_equal(samples[place : place + len(window.audio)], window.audio) for place in places)


def test_how_the_recording_comes_changes_nothing():
    samples, _ = recording(0.3, sentences()[0], 1.0, *sentences(), 0.2)
    cut = Segmentation(window=2, overlap=0.5)
    whole, parts = (list(speech_windows(np.array_split(samples, number), cut)) for number in (1, 700))
    assert spans(whole) == spans(parts)
    assert all(np.array_equal(one.audio, other.audio) for one, other in zip(whole, parts, strict=True))


@pytest.mark.parametrize("values", [{"window": 0}, {"window": 31}, {"overlap": 8}, {"overlap": -1}, {"pause": 0}])
def test_values_out_of_range_are_one_line(values):
    with pytest.raises(InputError, match="a window has more than 0 and at most 30 s"):
        Segmentation(**values)
