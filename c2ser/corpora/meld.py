"""MELD, dialogues of the series Friends: 13 708 utterances of 303 characters, English, seven emotions, spontaneous.

On disk: ``SOURCE_DIR/<train|dev|test>_sent_emo.csv`` and the clips in the folders of `CLIPS`. Clips are MP4, which
libsndfile does not read: convert them to WAV in the same folder, such as ``train_splits/dia0_utt0.wav``. A few clips in
the tables are not part of the release; validate_data_dir names them.

References:
    Poria, Hazarika, Majumder, Naik, Cambria, Mihalcea: MELD: A Multimodal Multi-Party Dataset for Emotion Recognition
    in Conversations. ACL 2019.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

SITE = "https://github.com/declare-lab/MELD"
# set -> folder of its clips
CLIPS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}


def read(source_dir: Path, *sets: str) -> Iterator[Utterance]:
    """Yields MELD's utterances, whose ids are ``<character>-<set>_dia<dialogue>_utt<utterance>``.

    Args:
        source_dir: the folder that holds ``<set>_sent_emo.csv``; whether the clips exist is not checked.
        sets: names of `CLIPS`; by default all.

    Raises:
        InputError: a table is missing, or has a row that is not MELD's.
    """
    for name in sets or CLIPS:
        path = source_dir / f"{name}_sent_emo.csv"
        if not path.is_file():
            raise InputError(f"{path}: no such file; get MELD from {SITE} and give its folder")
        with open(path, encoding="utf-8-sig", newline="") as file:
            try:
                for number, row in enumerate(csv.DictReader(file), 1):
                    yield _utterance(row, name, source_dir / CLIPS[name], f"{path}: row {number}")
            except UnicodeDecodeError as error:
                raise InputError(f"{path}: not UTF-8 ({error.reason}); get the table again from {SITE}") from None


def _utterance(row: Mapping[str, str], name: str, clips: Path, where: str) -> Utterance:
    try:
        speaker = re.sub(r"[^A-Za-z0-9]+", "_", row["Speaker"]).strip("_")
        clip = f"dia{int(row['Dialogue_ID'])}_utt{int(row['Utterance_ID'])}"
        emotion = CORPUS.labels[row["Emotion"]]
        text = row["Utterance"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{where}: not a row of MELD ({error!r}); get the table again from {SITE}") from None
    return Utterance(
        id=f"{speaker}-{name}_{clip}",
        wav=clips / f"{clip}.wav",
        speaker=speaker,
        emotion=emotion,
        text=text,
        language="en",
        corpus="meld",
    )


CORPUS = Corpus(
    name="meld",
    title="Multimodal EmotionLines Dataset (MELD)",
    paper="Poria et al.: MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations. ACL 2019",
    licence="GPL-3.0",
    access="download without registration",
    url=SITE,
    languages=("en",),
    labels={
        "anger": "angry",
        "disgust": "disgusted",
        "fear": "fearful",
        "joy": "happy",
        "neutral": "neutral",
        "sadness": "sad",
        "surprise": "surprised",
    },
    read=read,
    sets=tuple(CLIPS),
    protocols={"official": 1, "emobox": 1},
)
