"""What paths tell."""

from pathlib import PurePosixPath

from c2ser.corpora import Corpus, Layout, Speaker
from c2ser.corpora.common.layouts import read_path

TOY = Corpus(
    name="toy",
    title="A toy",
    paper="none",
    licence="none",
    access="none",
    url="",
    languages=("de", "en"),
    labels={"h": "happy"},
    speakers={"anna": Speaker("f", 30)},
    transcripts={"1": "Eins."},
    layouts=(
        Layout(r"/song_[^/]*$", left_out="songs"),
        Layout(
            r"(?P<speaker>[a-z]+)_(?P<label>h)_(?P<code>\w+)\.de\.wav$",
            speaker=r"\g<speaker>",
            language="de",
            name=r"\g<label>\g<code>",
            text=r"\g<code>",
        ),
        Layout(r"(?P<sex>[MF])\d\.wav$"),
    ),
)


def facts(path: str) -> tuple:
    found = read_path(PurePosixPath(path), TOY)
    return found and (found.speaker, found.name, found.label, found.sex, found.language, found.text)


def test_groups_templates_and_what_the_corpus_knows():
    assert facts("x/anna_h_1.de.wav") == ("anna", "h1", "h", "f", "de", "Eins.")
    assert facts("x/bert_h_zwei.de.wav") == ("bert", "hzwei", "h", None, "de", "zwei")
    assert facts("x/take 1 F2.wav") == (None, "take_1_F2", None, "f", None, None)
    assert facts("x/anna_s_1.de.wav") is None


def test_the_first_layout_that_fits_counts():
    assert read_path(PurePosixPath("x/song_anna_h_1.de.wav"), TOY).layout.left_out == "songs"
