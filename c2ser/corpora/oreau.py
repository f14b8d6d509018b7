"""Oréau, acted French: 434 utterances of 32 speakers, seven emotions.

File names are ``<speaker><sentence><emotion><take>.wav``, in folders by sex and emotion. EmoBox writes the é of the top
folder as two characters, e and an accent.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of Oréau; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


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
    read=read,
    protocols={"loso": 32, "emobox": 1, "speaker_folds": 5},
    layouts=(
        Layout(
            r"(?P<sex>[fm])/[^/]+/(?P<speaker>\d\d)(?P<sentence>[a-z]\d\d)(?P<label>[CDJNPST])(?P<take>\w*)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<sentence>\g<label>\g<take>",
        ),
    ),
    example="f/sessj/10a02Ja.wav",
    utterances=434,
    hours=0.3,
    num_speakers=32,
)
