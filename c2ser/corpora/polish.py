"""Emotions in Polish speech: 450 single words of five young men, three emotions, five takes of each.

File names are ``<speaker>.<emotion>_<word>_<take>.wav``; the emotion's letter is that of its Polish name, so s is fear
(strach).
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of the Polish recordings; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="polish",
    title="Emotions in Polish speech recordings",
    paper="Gdańsk University of Technology: Emotions in Polish speech recordings. MOST Wiedzy, 2020",
    licence="see its site",
    access="download without registration",
    url="https://mostwiedzy.pl/en/open-research-data/emotions-in-polish-speech-recordings,11190523461146169-0",
    languages=("pl",),
    labels={"a": "angry", "n": "neutral", "s": "fearful"},
    read=read,
    protocols={"loso": 5, "emobox": 5},
    layouts=(
        Layout(
            r"(?:^|/)(?P<speaker>m\d)\.(?P<label>[ans])_(?P<word>[^_/]+)_(?P<take>\d)\.\w+$",
            speaker=r"\g<speaker>",
            sex="m",
            name=r"\g<label>_\g<word>_\g<take>",
            text=r"\g<word>",
        ),
    ),
    example="m3.s_trzymaj_5.wav",
    utterances=450,
    hours=0.1,
    num_speakers=5,
)
