"""The HTML of an answer: segments, levels that are stated and measured, curves."""

import math
import re

import numpy as np
import pytest
from helpers.audio import tone

from c2ser.acoustics.attributes import Attributes
from c2ser.data.decode import Recording
from c2ser.systems.recognition import Measured, Recognition, Segment

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")

from helpers.serving import THRESHOLDS  # noqa: E402

from c2ser.serving.page.drawing import curve_path, outline_path  # noqa: E402
from c2ser.serving.page.view import answer_html  # noqa: E402
from c2ser.serving.service import Answered  # noqa: E402

SAID = 'This is said in a low pitch, at a medium volume. One can hear "No." in it. So the emotion appears to be sad.'
MEASURED = Measured(
    Attributes(220.0, -23.0, math.nan), {"pitch": "high", "energy": "medium"}, {"rate": "no transcript"}
)
SCORES = {"angry": 0.25, "sad": 0.75}


def html_of(recognition: Recognition, seconds: float = 2.0, *, fault: str | None = "nothing is measured here") -> str:
    recording = Recording(tone(16000, seconds, 220.0).astype(np.float32), 16000)
    return answer_html(Answered(recognition, recording, "a.wav"), thresholds=THRESHOLDS, fault=fault)


def rows_of(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html.partition("<tbody>")[2])
    return [[" ".join(re.sub("<.*?>", " ", cell).split()) for cell in re.split("</t[hd]>", row)[:-1]] for row in rows]


def test_each_stated_level_is_beside_the_measured_one_and_marked_where_they_differ():
    html = html_of(Recognition("sad", SAID, SCORES, MEASURED, seconds=2.0))
    assert rows_of(html) == [
        ["pitch", "low", "high 220.0 Hz", "✗ differs"],
        ["loudness", "medium", "medium -23.0 LUFS", "✓ agrees"],
        ["speaking rate", "–", "no transcript", ""],
    ]
    assert re.search(r'<span class="wrong" title="pitch: measured high">[^<]*low pitch</span>', html)
    assert re.search(r'<span class="right">[^<]*medium volume</span>', html)


def test_bars_are_sorted_and_as_long_as_they_are_probable():
    html = html_of(Recognition("sad", SAID, SCORES, MEASURED))
    assert re.findall(r"<dt>(\w+)</dt><dd.*?width: ([\d.]+)%", html) == [("sad", "75.0"), ("angry", "25.0")]


def test_segments_have_the_colours_of_their_emotions():
    from c2ser.inspection.plots import EMOTION_COLOURS

    parts = [Segment(0.5, 1.0, Recognition("sad", SAID)), Segment(1.5, 2.0, Recognition("angry", "Angry."))]
    html = html_of(Recognition("sad", "", segments=tuple(parts)))
    fills = re.findall(r'<path d="M(\d+)[^"]*" fill="(#\w+)"', html)
    assert fills == [("250", EMOTION_COLOURS["sad"]), ("750", EMOTION_COLOURS["angry"])]
    assert "0:00–0:01" in html and html.count("<details") == 2


def test_where_nothing_can_be_measured_the_page_says_so():
    html = html_of(Recognition("sad", SAID, SCORES), fault="praat-parselmouth is not installed")
    assert "praat-parselmouth is not installed" in html and "<h3>Pitch" not in html


def test_what_a_model_says_is_text():
    html = html_of(Recognition(None, "<script>alert(1)</script>", None))
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_curves_show_what_was_measured():
    pytest.importorskip("parselmouth", reason="the extra [recipe] is not installed")
    html = html_of(Recognition("sad", SAID, SCORES, MEASURED, seconds=2.0), fault=None)
    assert "mean 220.0 Hz" in html and "mean -23.0 LUFS" in html and html.count('class="band"') == 2


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.0, 100.0])
def test_a_recording_of_any_length_can_be_drawn(seconds):
    pytest.importorskip("parselmouth", reason="the extra [recipe] is not installed")
    html = html_of(Recognition("sad", SAID, SCORES, seconds=seconds), seconds, fault=None)
    assert "nan" not in html and len(html) < 100_000


def test_silence_can_be_drawn():
    from c2ser.serving.page.curves import Curve, outline
    from c2ser.serving.page.drawing import Scale

    flat = outline_path(outline(Recording(np.zeros(16000, np.float32), 16000)))
    assert flat.startswith("M0 49.5 L") and "nan" not in flat
    assert curve_path(Curve(np.zeros(2), np.full(2, np.nan)), Scale(0, 1)) == ""
