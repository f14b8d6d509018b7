"""The HTML of an answer."""

from functools import cache
from pathlib import Path

from jinja2 import Template

from c2ser.acoustics.levels import Thresholds
from c2ser.inspection.plots import EMOTION_COLOURS
from c2ser.serving.page.curves import outline
from c2ser.serving.page.drawing import outline_path, ticks
from c2ser.serving.page.panels import panels_of
from c2ser.serving.page.parts import NO_EMOTION, parts_of, sorted_scores
from c2ser.serving.service import Answered
from c2ser.templates import template_environment

NAMES = {"pitch": "pitch", "energy": "loudness", "rate": "speaking rate"}
# Why an attribute is undefined, where the reader can do something about it.
REMEDIES = {"no language": "choose the language, under Options"}


def answer_html(answered: Answered, *, thresholds: Thresholds | None, fault: str | None) -> str:
    """Returns the HTML of an answer.

    Args:
        answered: the answer and its audio.
        thresholds: what low, medium and high are; None where the model does not say.
        fault: why nothing is measured; None where it is.
    """
    recording, recognition = answered.recording, answered.recognition
    peaks = outline(recording)
    parts = parts_of(recognition, recording.seconds, peaks=peaks)
    panels = [] if fault else panels_of(recording, parts, thresholds=thresholds)
    return _template().render(
        name=answered.name,
        seconds=recording.seconds,
        emotion=recognition.emotion,
        colours=EMOTION_COLOURS,
        no_emotion=NO_EMOTION,
        scores=sorted_scores(recognition.scores),
        is_cut=bool(recognition.segments),
        outline=outline_path(peaks),
        parts=parts,
        panels=panels,
        ticks=ticks(recording.seconds),
        fault=fault,
        has_thresholds=thresholds is not None,
        names=NAMES,
        remedies=REMEDIES,
    )


@cache
def _template() -> Template:
    return template_environment(Path(__file__).parent).get_template("answer.html")
