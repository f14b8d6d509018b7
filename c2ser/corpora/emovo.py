"""EMOVO, acted Italian: 588 utterances of six actors, 14 sentences that each says in seven ways.

File names are ``<emotion>-<speaker>-<sentence>.wav``, the emotion by three letters of its Italian name.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="emovo",
    title="EMOVO Corpus",
    paper="Costantini, Iaderola, Paoloni, Todisco: EMOVO Corpus: an Italian Emotional Speech Database. LREC 2014",
    licence="not stated",
    access="download without registration; its site is often down",
    url="",
    languages=("it",),
    labels={
        "neu": "neutral",
        "dis": "disgusted",
        "gio": "happy",
        "pau": "fearful",
        "rab": "angry",
        "sor": "surprised",
        "tri": "sad",
    },
    protocols={"emobox": 6},
    layouts=(Layout(r"((?P<sex>[fm])\d)/[^/]+$", speaker=r"\1"),),
)
