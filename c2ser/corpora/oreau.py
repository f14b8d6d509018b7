"""Oréau, acted French: 434 utterances of 32 speakers, seven emotions.

File names are ``<speaker><sentence><emotion><take>.wav``, in folders by sex and emotion. EmoBox writes the é of the top
folder as two characters, e and an accent.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="oreau",
    title="Oréau, French emotional speech database",
    paper="Kerkeni, Cleder, Serrestou, Raoof: French Emotional Speech Database - Oréau. Zenodo 4405783, 2020",
    licence="CC BY 4.0",
    access="download from Zenodo without registration",
    url="https://zenodo.org/records/4405783",
    languages=("fr",),
    labels={
        "C": "angry",
        "D": "disgusted",
        "J": "happy",
        "N": "neutral",
        "P": "fearful",
        "S": "surprised",
        "T": "sad",
    },
    protocols={"emobox": 1, "speaker_folds": 5},
    layouts=(Layout(r"/(?P<sex>[fm])/[^/]+/(\d\d)[^/]+$", speaker=r"\2"),),
    utterances=434,
    hours=0.3,
    num_speakers=32,
)
