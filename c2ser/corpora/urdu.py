"""URDU, talk shows of Pakistan's television: 400 utterances of 29 speakers, four emotions, spontaneous.

On disk: ``<Angry, Happy, Neutral or Sad>/S<F or M><speaker>_F<number>_<A, H, N or S><number>.wav``, whose numbers are
padded in several ways (``A01``, ``A010``, ``A0100``). The README has 38 speakers, names of files have 29.

References:
    Latif, Qayyum, Usman, Qadir: Cross Lingual Speech Emotion Recognition: Urdu vs. Western Languages. FIT 2018.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields URDU's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="urdu",
    title="URDU dataset",
    paper=(
        "Latif, Qayyum, Usman, Qadir: Cross Lingual Speech Emotion Recognition: Urdu vs. Western Languages. FIT 2018"
    ),
    licence="research only",
    access="download without registration",
    url="https://github.com/siddiquelatif/URDU-Dataset",
    languages=("ur",),
    labels={"A": "angry", "H": "happy", "N": "neutral", "S": "sad"},
    read=read,
    protocols={"loso": 29, "emobox": 1, "speaker_folds": 3},
    layouts=(
        Layout(
            r"(?P<speaker>S(?P<sex>[FM])\d+)_F(?P<file>\d+)_(?P<label>[AHNS])(?P<number>\d+)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"F\g<file>_\g<label>\g<number>",
        ),
    ),
    example="Angry/SM1_F10_A010.wav",
    utterances=400,
    hours=0.3,
    num_speakers=29,
)
