"""SAVEE, acted British English: 480 utterances of four men, seven emotions.

On disk: ``AudioData/<speaker>/<emotion><number>.wav``, in which file names are the same for all speakers, or
``<speaker>_<emotion><number>.wav`` as Kaggle and EmoBox have it; videos are left out. There are 15 sentences of each
emotion and 30 of neutral; a list of them by number is not part of the corpus.

References:
    Haq, Jackson: Multimodal Emotion Recognition. In Machine Audition, IGI Global, 2010.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields SAVEE's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion Database (SAVEE)",
    paper="Haq, Jackson: Multimodal Emotion Recognition. In Machine Audition, IGI Global, 2010",
    licence="research only",
    access="registration",
    url="http://kahlan.eps.surrey.ac.uk/savee/",
    languages=("en",),
    labels={
        "a": "angry",
        "d": "disgusted",
        "f": "fearful",
        "h": "happy",
        "n": "neutral",
        "sa": "sad",
        "su": "surprised",
    },
    read=read,
    speakers={"DC": Speaker("m"), "JE": Speaker("m"), "JK": Speaker("m"), "KL": Speaker("m")},
    protocols={"loso": 4, "emobox": 4, "balanced": 1},
    layouts=(
        Layout(r"(?i)\.(?:avi|mp4|mov)$", left_out="videos"),
        Layout(
            r"(?P<speaker>DC|JE|JK|KL)[_/](?P<label>sa|su|[adfhn])(?P<number>\d\d)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>\g<number>",
        ),
    ),
    example="AudioData/DC/a01.wav",
    utterances=480,
    hours=0.5,
    num_speakers=4,
)
