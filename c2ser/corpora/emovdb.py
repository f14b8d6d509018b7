"""EmoV-DB, English for emotional speech synthesis: 6 887 utterances of four speakers, five styles.

On disk: ``<speaker>_<Style>/<style>_<from>-<to>_<number>.wav`` as OpenSLR and EmoBox have it, or the same in
``<speaker>/<Style>/``. The style is that of the folder, which is Disgust or Disgusted; Josh has neither it nor angry.
Numbers are those of CMU Arctic's sentences ``arctic_a``: where their file ``cmuarctic.data`` is anywhere in the folder
given, it gives the transcripts. Laughter and yawns around the words are not in them.

References:
    Adigwe, Tits, El Haddad, Ostadabbas, Dutoit: The Emotional Voices Database: Towards Controlling the Emotion
    Dimension in Voice Generation Systems. arXiv 1806.09514, 2018.
    Kominek, Black: CMU Arctic Databases for Speech Synthesis. CMU-LTI-03-177, 2003.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from c2ser.corpora.common.annotations import read_text
from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance

logger = logging.getLogger(__name__)

SENTENCES = "cmuarctic.data"
SENTENCE_SITE = "http://www.festvox.org/cmu_arctic/cmuarctic.data"
SENTENCE = re.compile(r'\(\s*arctic_a(\d{4})\s+"(.*)"\s*\)')
NUMBER = re.compile(r"_(\d{4})$")


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields EmoV-DB's utterances; see `read_named_files`.

    Raises:
        InputError: as `read_named_files`, or the sentences are not text.
    """
    sentences = _sentences(source_dir)
    for found in read_named_files(CORPUS, source_dir):
        number = NUMBER.search(found.wav.stem) if isinstance(found, Utterance) else None
        yield replace(found, text=sentences.get(number[1])) if number else found


def _sentences(source_dir: Path) -> dict[str, str]:
    path = next(iter(sorted(source_dir.glob(f"**/{SENTENCES}"))), None)
    if path is None:
        logger.warning("%s: no %s, so no transcripts; get it from %s", source_dir, SENTENCES, SENTENCE_SITE)
        return {}
    return dict(SENTENCE.findall(read_text(path, "cp1252", site=SENTENCE_SITE)))


CORPUS = Corpus(
    name="emovdb",
    title="Emotional Voices Database (EmoV-DB)",
    paper=(
        "Adigwe, Tits, El Haddad, Ostadabbas, Dutoit: The Emotional Voices Database: Towards Controlling "
        "the Emotion Dimension in Voice Generation Systems. arXiv 1806.09514, 2018"
    ),
    licence="non-commercial use (LICENSE.md of its repository)",
    access="download without registration",
    url="https://www.openslr.org/115",
    languages=("en",),
    labels={
        "Amused": "amused",
        "Angry": "angry",
        "Disgust": "disgusted",
        "Disgusted": "disgusted",
        "Neutral": "neutral",
        "Sleepy": "sleepy",
    },
    read=read,
    speakers={"bea": Speaker("f"), "jenie": Speaker("f"), "josh": Speaker("m"), "sam": Speaker("m")},
    protocols={"loso": 4, "emobox": 1, "speaker_folds": 3},
    layouts=(
        Layout(
            r"(?P<speaker>bea|jenie|josh|sam)[_/](?P<label>Amused|Angry|Disgust(?:ed)?|Neutral|Sleepy)/"
            r"(?P<file>[^/]*)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>-\g<file>",
        ),
    ),
    example="bea_Amused/amused_1-15_0001.wav",
    utterances=6887,
    hours=9.5,
    num_speakers=4,
)
