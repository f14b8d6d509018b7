"""MEAD, acted English for talking faces: 31 729 utterances of 48 actors, eight emotions at three strengths.

Contempt is not an emotion of the vocabulary and is left out. Folders are
``<M or W><number>/audio/<emotion>/level_<1-3>``; file names repeat in them, and the same number is not the same
sentence for each actor. Audio is M4A, which takes ffmpeg.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of MEAD; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="mead",
    title="Multi-view Emotional Audio-visual Dataset (MEAD)",
    paper=("Wang et al.: MEAD: A Large-scale Audio-visual Dataset for Emotional Talking-face Generation. ECCV 2020"),
    licence="not stated on its site; meant for research",
    access="download without registration",
    url="https://wywu.github.io/projects/MEAD/MEAD.html",
    languages=("en",),
    labels={
        "angry": "angry",
        "contempt": None,
        "disgusted": "disgusted",
        "fear": "fearful",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
        "surprised": "surprised",
    },
    read=read,
    protocols={"loso": 48, "emobox": 1},
    layouts=tuple(
        Layout(
            rf"(?P<speaker>{letter}\d+)/audio/(?P<label>[a-z]+)/level_(?P<level>\d)/(?P<take>[^/]+)\.\w+$",
            speaker=r"\g<speaker>",
            sex=sex,
            name=r"\g<label>-\g<level>-\g<take>",
        )
        for letter, sex in (("M", "m"), ("W", "f"))
    ),
    example="M003/audio/fear/level_1/001.m4a",
    utterances=31729,
    hours=37.3,
    num_speakers=48,
)
