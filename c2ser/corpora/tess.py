"""TESS, acted Canadian English: 2 800 utterances of two women, aged 26 and 64, 200 words, seven emotions.

On disk: ``<OAF or YAF>_<word>_<emotion>.wav`` in any folder; each word is in "Say the word ...". ``ps`` is pleasant
surprise. One file of the older woman is called ``OA_bite_neutral.wav``. Kaggle's copy has each file twice, in a folder
and in the same folder within it; one is read. With two speakers a test of other speakers is a test of one voice.

References:
    Pichora-Fuller, Dupuis: Toronto emotional speech set (TESS). Borealis, 2020.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields TESS's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="tess",
    title="Toronto Emotional Speech Set (TESS)",
    paper="Pichora-Fuller, Dupuis: Toronto emotional speech set (TESS). Borealis, 2020",
    licence="CC BY-NC-ND 4.0",
    access="download without registration",
    url="https://doi.org/10.5683/SP2/E8H2MF",
    languages=("en",),
    labels={
        "angry": "angry",
        "disgust": "disgusted",
        "fear": "fearful",
        "happy": "happy",
        "neutral": "neutral",
        "ps": "surprised",
        "sad": "sad",
    },
    read=read,
    speakers={"OAF": Speaker("f", 64), "YAF": Speaker("f", 26)},
    protocols={"emobox": 1, "speaker_folds": 2},
    layouts=tuple(
        Layout(
            rf"(?i)(?<![a-z]){prefix}_(?P<word>[a-z' -]+)_(?P<label>angry|disgust|fear|happy|neutral|ps|sad)\.\w+$",
            speaker=speaker,
            name=r"\g<word>_\g<label>",
            text=r"Say the word \g<word>.",
        )
        for prefix, speaker in (("OAF?", "OAF"), ("YAF", "YAF"))
    ),
    example="OAF_back_angry.wav",
    utterances=2800,
    hours=1.6,
    num_speakers=2,
)
