"""CaFE, acted Canadian French: 936 utterances of twelve actors, six sentences that each says with seven emotions.

All emotions but neutral are said twice, weak and strong; file names are
``<speaker>-<emotion>-<strength>-<sentence>.wav``. In EmoBox's paths the accents of two folders are garbled, as by an
unpacker that takes DOS's encoding for that of Windows.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields the utterances of CaFE; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="cafe",
    title="Canadian French Emotional speech dataset (CaFE)",
    paper="Gournay, Lahaie, Lefebvre: A Canadian French Emotional Speech Dataset. ACM Multimedia Systems 2018",
    licence="CC BY-NC-SA 4.0",
    access="download from Zenodo without registration",
    url="https://zenodo.org/records/1478765",
    languages=("fr",),
    labels={
        "c": "angry",
        "d": "disgusted",
        "j": "happy",
        "n": "neutral",
        "p": "fearful",
        "s": "surprised",
        "t": "sad",
    },
    read=read,
    speakers={
        "01": Speaker("m", 46),
        "02": Speaker("f", 64),
        "03": Speaker("m", 18),
        "04": Speaker("f", 50),
        "05": Speaker("m", 22),
        "06": Speaker("f", 34),
        "07": Speaker("m", 15),
        "08": Speaker("f", 25),
        "09": Speaker("m", 42),
        "10": Speaker("f", 20),
        "11": Speaker("m", 35),
        "12": Speaker("f", 37),
    },
    protocols={"loso": 12, "emobox": 3},
    layouts=(
        Layout(
            r"(?P<speaker>\d\d)-(?P<label>[CDJNPST])-(?P<strength>[12])-(?P<sentence>[1-6])\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>-\g<strength>-\g<sentence>",
        ),
    ),
    example="CaFE_48k/Peur/Fort/12-P-2-5.wav",
    utterances=936,
    hours=1.2,
    num_speakers=12,
)
