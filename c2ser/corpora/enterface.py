"""eNTERFACE'05, acted English of speakers from 14 nations: 1 263 video clips of 43 subjects, six emotions.

The folder tells the subject: the files in the folder of subject 11 are named as if they were subject 12's, and those of
subject 6 are one recording per emotion. Audio is in AVI files, which takes ffmpeg.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of eNTERFACE'05; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="enterface",
    title="eNTERFACE'05 Audio-Visual Emotion Database",
    paper="Martin, Kotsia, Macq, Pitas: The eNTERFACE'05 Audio-Visual Emotion Database. ICDE Workshops 2006",
    licence="not stated on its site; meant for research",
    access="download without registration",
    url="https://enterface.net/enterface05/main.php?frame=emotion",
    languages=("en",),
    labels={
        "an": "angry",
        "di": "disgusted",
        "fe": "fearful",
        "ha": "happy",
        "sa": "sad",
        "su": "surprised",
    },
    read=read,
    protocols={"emobox": 1, "speaker_folds": 5},
    layouts=(
        Layout(
            r"subject (?P<speaker>\d+)/[^/]+/(?:sentence (?P<sentence>\d)/)?"
            r"[^/]*_(?P<label>an|di|fe|ha|sa|su)[_.][^/]*$",
            speaker=r"\g<speaker>",
            name=r"\g<label>\g<sentence>",
        ),
    ),
    example="subject 19/anger/sentence 4/s19_an_4.avi",
    utterances=1263,
    hours=1.1,
    num_speakers=43,
)
