"""AESDD, acted Greek: 604 utterances of six actors, five emotions, of theatre plays and improvised.

File names are ``<emotion><sentence> (<speaker>)<take>.wav``; five names write speaker 1 as 01. The number of speakers
is that of the names: the first version had five (three women, two men), and which is whose number is not published.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of AESDD; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="aesdd",
    title="Acted Emotional Speech Dynamic Database (AESDD)",
    paper=(
        "Vryzas, Kotsakis, Liatsou, Dimoulas, Kalliris: Speech Emotion Recognition for Performance Interaction. "
        "Journal of the Audio Engineering Society 66(6), 2018"
    ),
    licence="not stated on its site",
    access="download without registration",
    url="http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/",
    languages=("el",),
    labels={"a": "angry", "d": "disgusted", "f": "fearful", "h": "happy", "s": "sad"},
    read=read,
    protocols={"loso": 6, "emobox": 1, "speaker_folds": 5},
    layouts=(
        Layout(
            r"(?P<label>[adfhs])(?P<sentence>\d\d) ?\(0*(?P<speaker>\d+)\)(?P<take>[a-z]?)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>\g<sentence>\g<take>",
        ),
    ),
    example="anger/a03 (3).wav",
    utterances=604,
    hours=0.7,
    num_speakers=6,
)
