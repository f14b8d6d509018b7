"""The page of answers."""

import re

import numpy as np
import pytest
import soundfile
from helpers.stages import Page

from c2ser.data.tables import write_table
from c2ser.inspection.answers_page import write_answers_page
from c2ser.scoring.faithfulness import measure_faithfulness

RIGHT = 'This is said in a low pitch. One can hear "No & <way>." in it. So the emotion appears to be sad.'
ANSWERS = {
    "a": RIGHT,
    "b": 'This is said in a high pitch. One can hear "No <b>. The',
    "c": "这段话音调较低。可以听到“不行”这样的话。综合来看，其情感为愤怒。",
    "d": "",
}


@pytest.fixture
def folder(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(8000), 16000)
    tables = {"wav.scp": tmp_path / "a.wav", "utt2spk": "anna", "attribute_levels": "low nan nan"}
    tables |= {"text": "No & <way>!", "utt2lang": "en", "utt2emo": "sad"}
    for name, value in tables.items():
        write_table(tmp_path / name, dict.fromkeys("abcde", value))
    write_table(tmp_path / "hyp", ANSWERS)
    return tmp_path


def page(folder, **options) -> str:
    result = measure_faithfulness(folder, folder / "hyp", output_dir=folder / "out")
    write_answers_page(folder, folder / "hyp", output=folder / "out" / "p.html", result=result, **options)
    return (folder / "out" / "p.html").read_text(encoding="utf-8")


def cards(html: str) -> dict[str, str]:
    found = re.findall(r"<article.*?</article>", html, re.DOTALL)
    return {re.search(r"<bdi>(\w)</bdi>", card)[1]: card for card in found}


def test_each_answer_has_a_card_with_its_audio_and_what_is_wrong(folder):
    shown = cards(page(folder))
    assert list(shown) == ["a", "b", "c", "d", "e"]
    assert all('<audio controls preload="none" src="data:audio/flac;base64,' in card for card in shown.values())
    assert "✓ all right" in shown["a"] and 'class="faulty"' not in shown["a"]
    assert "✗ 4 wrong" in shown["b"]  # pitch, words, emotion, wording
    assert '<span class="wrong" title="pitch: measured low">in a high pitch</span>' in shown["b"]
    assert 'class="foreign" lang="zh"' in shown["c"] and "foreign" not in shown["a"] + shown["b"]
    assert '<span class="wrong" title="labelled sad">愤怒</span>' in shown["c"]
    assert "an empty answer" in shown["d"] and "no answer" in shown["e"]


def test_it_is_one_file_of_sound_html_that_runs_nothing(folder):
    html = page(folder)
    parsed = Page(folder / "out" / "p.html")
    assert all(reference.startswith("data:audio/flac") for reference in parsed.references)
    assert "script" not in parsed.tags and "http" not in html
    assert "No & <way>" in parsed.text and "<way>" not in html
    assert "1 of the utterances have no answer" in parsed.text


def test_the_same_bytes_again_and_as_many_answers_as_asked_for(folder):
    html = page(folder)
    assert page(folder) == html
    assert len(cards(page(folder, samples=2))) == 2 and cards(page(folder, samples=0)) == {}


def test_a_set_without_anything_but_answers(folder):
    for name in ("wav.scp", "attribute_levels", "text", "utt2lang", "utt2emo"):
        (folder / name).unlink()
    shown = cards(page(folder))
    assert "no audio: " in shown["a"] and "✓ all right" in shown["a"]
    assert "unlabelled" in shown["a"] and "undefined" in shown["a"]
