"""RESD, acted Russian dialogues: 1 396 utterances, seven emotions.

File names are ``<dialogue>_<emotion>_<emotion>_<letter>_<number>``, of the two emotions of a dialogue and the letter of
the utterance's. They do not tell which of two actors speaks, so nobody knows whether train and test share speakers.
Enthusiasm is not an emotion of the vocabulary and is left out.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of RESD; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="resd",
    title="Russian Emotional Speech Dialogs (RESD)",
    paper="Amentes, Lubenets, Davidchuk: Aniemore, an open library for emotions in speech. Hugging Face, 2022",
    licence="MIT",
    access="download without registration",
    url="https://huggingface.co/datasets/Aniemore/resd_annotated",
    languages=("ru",),
    labels={
        "a": "angry",
        "d": "disgusted",
        "e": None,
        "f": "fearful",
        "h": "happy",
        "n": "neutral",
        "s": "sad",
    },
    read=read,
    protocols={"emobox": 1},
    layouts=(Layout(r"\d+_[a-z]+_[a-z]+[_ ](?P<label>[adefhns])_\d+[^/]*\.\w+$"),),
    example="train/happiness_enthusiasm_32/32_happiness_enthusiasm_h_120.wav",
    utterances=1396,
    hours=2.3,
    num_speakers=200,
    speakers_known=False,
)
