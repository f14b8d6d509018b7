"""SUBESCO, acted Bangla: 7 000 utterances of ten women and ten men, ten sentences, seven emotions, five takes.

File names are ``<sex>_<speaker>_<name>_S_<sentence>_<emotion>_<take>.wav``; speakers are numbered by sex.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of SUBESCO; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="subesco",
    title="SUST Bangla Emotional Speech Corpus (SUBESCO)",
    paper=(
        "Sultana, Rahman, Selim, Iqbal: SUST Bangla Emotional Speech Corpus (SUBESCO): An audio-only emotional speech "
        "corpus for Bangla. PLoS ONE 16(4), 2021"
    ),
    licence="CC BY 4.0",
    access="download from Zenodo without registration",
    url="https://zenodo.org/records/4526477",
    languages=("bn",),
    labels={
        "angry": "angry",
        "disgust": "disgusted",
        "fear": "fearful",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
        "surprise": "surprised",
    },
    read=read,
    protocols={"loso": 20, "emobox": 5},
    layouts=(
        Layout(
            r"(?:^|/)(?P<speaker>(?P<sex>[FM])_\d\d)_[A-Z]+_(?P<sentence>S_\d+)_(?P<label>[A-Z]+)_(?P<take>\d)\]?\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<sentence>_\g<label>_\g<take>",
        ),
    ),
    example="F_10_FAHMEE_S_6_FEAR_5.wav",
    utterances=7000,
    hours=7.8,
    num_speakers=20,
)
