"""JL corpus, acted New Zealand English: 2 400 utterances of two women and two men, ten emotions.

Five emotions are those of other corpora; the five that a robot may need (anxious, apologetic, assertive, concerned,
encouraging) are not in the vocabulary and are left out, which leaves 1 200 utterances. File names are
``<speaker>_<emotion>_<sentence><session>_<take>.wav``.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of the JL corpus; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="jlcorpus",
    title="JL corpus",
    paper=(
        "James, Tian, Watson: An Open Source Emotional Speech Corpus for Human Robot Interaction Applications. "
        "Interspeech 2018"
    ),
    licence="CC0",
    access="download from Kaggle",
    url="https://www.kaggle.com/tli725/jl-corpus",
    languages=("en",),
    labels={
        "angry": "angry",
        "anxious": None,
        "apologetic": None,
        "assertive": None,
        "concerned": None,
        "encouraging": None,
        "excited": "excited",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
    },
    read=read,
    protocols={"loso": 4, "emobox": 4},
    layouts=(
        Layout(
            r"(?:^|/)(?P<speaker>(?P<sex>[fm])(?:em)?ale\d)_(?P<label>[a-z]+)_(?P<sentence>\d+[ab]_\d)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>_\g<sentence>",
        ),
    ),
    example="JL(wav+txt)/female1_excited_7a_2.wav",
    utterances=2400,
    hours=1.4,
    num_speakers=4,
)
