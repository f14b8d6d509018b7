"""PAVOQUE, German for expressive synthesis: 7 334 utterances of one actor, a neutral style and four others.

An utterance is a part of a recording of hours. Its styles are characters: Spike is angry, Poppy happy, Obadiah sad; the
poker player keeps calm on purpose, which is not an emotion of the vocabulary, and is left out.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="pavoque",
    title="PAVOQUE Corpus of Expressive Speech",
    paper=(
        "Steiner, Schröder, Klepp: The PAVOQUE corpus as a resource for analysis and synthesis of expressive speech. "
        "Phonetik & Phonologie 9, 2013"
    ),
    licence="CC BY-NC-SA 3.0",
    access="download without registration",
    url="https://github.com/marytts/pavoque-data",
    languages=("de",),
    labels={"angry": "angry", "happy": "happy", "neutral": "neutral", "poker": None, "sad": "sad"},
    protocols={"emobox": 1},
    layouts=(Layout(r"pavoque-[^/]+$", speaker="roettig", sex="m"),),
    utterances=7334,
    hours=12.2,
    num_speakers=1,
)
