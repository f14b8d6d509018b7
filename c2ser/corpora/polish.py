"""Emotions in Polish speech: 450 single words of five young men, three emotions, five takes of each.

File names are ``<speaker>.<emotion>_<word>_<take>.wav``; the emotion's letter is that of its Polish name, so s is fear
(strach).

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="polish",
    title="Emotions in Polish speech recordings",
    paper="Gdańsk University of Technology: Emotions in Polish speech recordings. MOST Wiedzy, 2020",
    licence="see its site",
    access="download without registration",
    url="https://mostwiedzy.pl/en/open-research-data/emotions-in-polish-speech-recordings,11190523461146169-0",
    languages=("pl",),
    labels={"a": "angry", "n": "neutral", "s": "fearful"},
    protocols={"emobox": 5},
    layouts=(Layout(r"/(m\d+)\.[^/]+$", speaker=r"\1", sex="m"),),
    utterances=450,
    hours=0.1,
    num_speakers=5,
)
