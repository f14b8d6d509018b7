"""TurEV-DB, acted Turkish words: 1 735 utterances of six speakers, four emotions, of which calm is one.

File names are ``<speaker>_<emotion>_<word>.wav``, in a folder per emotion.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of TurEV-DB; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="turevdb",
    title="Turkish Emotion Voice Database (TurEV-DB)",
    paper="Canpolat, Ormanoğlu, Zeyrek: Turkish Emotion Voice Database (TurEV-DB). SLTU-CCURL 2020",
    licence="CC BY-NC-ND 4.0",
    access="download without registration",
    url="https://github.com/Xeonen/TurEV-DB",
    languages=("tr",),
    labels={"Angry": "angry", "Calm": "calm", "Happy": "happy", "Sad": "sad"},
    read=read,
    protocols={"loso": 6, "emobox": 1},
    layouts=(
        Layout(
            r"(?P<label>Angry|Calm|Happy|Sad)/(?P<speaker>\d+)_(?P<word>[^/]+)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<word>",
        ),
    ),
    example="Sound Source/Calm/1984_sk_eger.wav",
    utterances=1735,
    hours=0.5,
    num_speakers=6,
)
