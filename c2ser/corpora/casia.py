"""CASIA, acted Mandarin: 1 200 utterances of four speakers, 50 sentences that each says with six emotions.

On disk: ``<speaker>/<emotion>/<sentence>.wav``, or ``<sentence>-<emotion>-<speaker>.wav``, anywhere below the folder
given. This is the subset that circulates; the whole corpus has 9 600 utterances and is sold. The same file names are
there in 24 folders, so that ids have the speaker and the emotion. What the sentences are is not known.

References:
    Tao, Liu, Zhang, Jia: Design of Speech Corpus for Mandarin Text to Speech. The Blizzard Challenge 2008 workshop.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance

SPEAKERS = {
    "liuchanhg": Speaker("f"),
    "wangzhe": Speaker("m"),
    "zhaoquanyin": Speaker("f"),
    "zhaozuoxiang": Speaker("m"),
}
LABEL = "(?P<label>angry|fear|happy|neutral|sad|surprise)"


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields CASIA's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="casia",
    title="CASIA Chinese emotional speech corpus",
    paper=(
        "Tao, Liu, Zhang, Jia: Design of Speech Corpus for Mandarin Text to Speech. The Blizzard "
        "Challenge 2008 workshop"
    ),
    licence="not stated",
    access="circulates; the whole corpus is sold",
    url="",
    languages=("zh",),
    labels={
        "angry": "angry",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
        "surprise": "surprised",
        "fear": "fearful",
    },
    read=read,
    speakers=SPEAKERS,
    protocols={"loso": 4, "emobox": 4},
    layouts=tuple(
        Layout(rf"(?i){pattern}\.\w+$", speaker=speaker, name=r"\g<label>-\g<sentence>")
        for speaker in SPEAKERS  # copies write them with and without capitals
        for pattern in (rf"{speaker}/{LABEL}/(?P<sentence>\d+)", rf"(?P<sentence>\d+)-{LABEL}-{speaker}")
    ),
    example="wangzhe/fear/201.wav",
    utterances=1200,
    hours=0.6,
    num_speakers=4,
)
