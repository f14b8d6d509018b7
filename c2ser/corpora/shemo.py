"""ShEMO, Persian from radio plays: 2 838 utterances of 87 speakers, six emotions.

File names are ``<sex><speaker><emotion><number>.wav``.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of ShEMO; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="shemo",
    title="Sharif Emotional Speech Database (ShEMO)",
    paper=(
        "Mohamad Nezami, Jamshid Lou, Karami: ShEMO: a large-scale validated database for Persian speech emotion "
        "detection. Language Resources and Evaluation 53, 2019"
    ),
    licence="not stated on its site",
    access="download without registration",
    url="https://github.com/mansourehk/ShEMO",
    languages=("fa",),
    labels={
        "A": "angry",
        "F": "fearful",
        "H": "happy",
        "N": "neutral",
        "S": "sad",
        "W": "surprised",
    },
    read=read,
    protocols={"loso": 87, "emobox": 1, "speaker_folds": 5},
    layouts=(
        Layout(
            r"(?:^|/)(?P<speaker>(?P<sex>[FM])\d\d)(?P<label>[AFHNSW])(?P<number>\d+)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>\g<number>",
        ),
    ),
    example="male/M36S02.wav",
    utterances=2838,
    hours=3.3,
    num_speakers=87,
)
