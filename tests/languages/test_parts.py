"""What the characters of a target tell."""

import pytest

from c2ser.acoustics.levels import LEVELS
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.languages import LANGUAGES, language_of
from c2ser.languages.parts import Part, target_spans
from c2ser.rationales.templates import explicit_target, implicit_target


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_what_differs_between_two_targets_of_a_wording_is_marked(code):
    """The characters outside of all spans are the wording's: the same for other levels, words and emotions."""
    words = {"en": ("I am sad, low and slow.", "No"), "zh": ("我很难过，声音低。", "不")}[code]
    wordings = set()
    for levels in ((level, other, third) for level in LEVELS for other in LEVELS for third in LEVELS):
        for text, emotion in zip(words, ("happy", "fearful"), strict=True):
            target = explicit_target(levels, text=text, emotion=emotion, language=code)
            spans = target_spans(target, PAPER_EMOTIONS)
            found = {part: [target[s:e] for s, e, p in spans if p == part] for part in Part}
            assert found[Part.EMOTION] == [language_of(code).emotions[emotion]]
            assert [quote[:-1] for quote in found[Part.TRANSCRIPT]] == [text]
            assert len(found[Part.LEVEL]) == 3 - levels.count("medium")
            assert len(found[Part.MEDIUM]) == levels.count("medium")
            for start, end, _ in sorted(spans, reverse=True):
                target = target[:start] + "|" + target[end:]
            wordings.add(target)
    assert len(wordings) == 1 or code == "zh" and all(wording.count("|") == 5 for wording in wordings)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_an_implicit_target_tells_its_emotion_alone(code):
    (span,) = target_spans(implicit_target("sad", code), PAPER_EMOTIONS)
    assert span.part == Part.EMOTION and target_spans("Nothing is known.", PAPER_EMOTIONS) == []
