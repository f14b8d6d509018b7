"""Recordings that are too long to be answered as a whole are answered in segments, in the memory of some batches."""

import numpy as np
import pytest
import soundfile
from helpers.spoken import RATE, recording, sentences

from c2ser.data.sources import Source
from c2ser.systems.pieces import PieceReader, join
from c2ser.systems.recognition import Recognition, Segment
from c2ser.systems.request import Request
from c2ser.systems.segmentation import Segmentation


def read(audio, **request) -> list:
    return list(PieceReader(Request(**request)).read(Source(audio, "waveform 1")))


def test_only_long_recordings_are_cut_unless_one_asks():
    short, _ = recording(0.5, sentences()[0], 0.5)
    long, spoken = recording(0.5, sentences()[0], 28.0, sentences()[1], 0.5)
    (whole,) = read(short)
    assert whole.span is None and len(whole.speech.audio) == len(short) and whole.seconds == len(short) / RATE
    for audio, segments, number in ((short, True, 1), (long, None, 2), (long, Segmentation(window=20), 2)):
        *windows, last = read(audio, segments=segments)
        assert len(windows) == number and not any(window.is_last for window in windows)
        assert last.is_last and last.speech is None and last.seconds == len(audio) / RATE
    assert [window.span for window in windows] == [pytest.approx(span, abs=0.3) for span in spoken]
    (whole,) = read(long, segments=False)
    assert len(whole.speech.audio) == len(long)


def test_what_cannot_be_answered_as_a_whole_says_so():
    (piece,) = read(np.zeros(121 * RATE, np.float32), segments=False)
    assert str(piece.error).startswith("waveform 1: 121 s long, and an utterance has at most 120 s")


def test_a_file_that_is_broken_far_behind_is_an_error_at_its_end(tmp_path):
    long, _ = recording(0.5, sentences()[0], 32.0)
    long[-10] = np.nan
    soundfile.write(tmp_path / "a.wav", long, RATE, subtype="FLOAT")
    *_, last = PieceReader(Request()).read(Source(tmp_path / "a.wav", "a.wav", str(tmp_path / "a.wav")))
    assert last.is_last and "NaN or infinite" in str(last.error)


def test_segments_are_put_together_by_their_durations():
    def segment(start, end, emotion, **fields):
        return Segment(start, end, Recognition(emotion, "The answer.", **fields))

    joined = join(
        [
            segment(0, 2, "sad", scores={"sad": 0.8, "angry": 0.2}, transcript="Oh no."),
            segment(3, 6, "angry", scores={"sad": 0.3, "angry": 0.7}),
            segment(6, 8, "sad", scores={"sad": 0.5, "angry": 0.5}, transcript="Well."),
            segment(9, 19, None),
        ],
        20.0,
        path="a.wav",
    )
    # 2 s + 2 s of sad against 3 s of angry; the scores are (2*0.8 + 3*0.3 + 2*0.5) / 7 and the rest
    assert joined.emotion == "sad" and joined.scores == pytest.approx({"sad": 0.5, "angry": 0.5})
    assert (joined.text, joined.transcript, joined.seconds, joined.path) == ("", "Oh no. Well.", 20.0, "a.wav")
    silent = join([], 40.0)
    assert silent.invalid and silent.scores is None and silent.segments == () and silent.seconds == 40.0
