"""MELD, from the series Friends (Poria et al., ACL 2019): 13 708 utterances of 303 characters, English, spontaneous.

Its clips are MP4; convert them to WAV beside, such as ``train_splits/dia0_utt0.wav``. A few that the tables name are
not part of the release; validate_data_dir tells which.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from c2ser.data.data_dir import Utterance
from c2ser.errors import InputError

SITE = "https://github.com/declare-lab/MELD"
EMOTIONS = {
    "anger": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "joy": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprised",
}
# set -> folder of its clips
SETS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}


def utterances(source_dir: Path, *names: str) -> Iterator[Utterance]:
    """Yields the utterances of the named `SETS`, without names of all; the folder holds ``<set>_sent_emo.csv``.

    Ids are ``<character>-<set>_dia<dialogue>_utt<utterance>``. Clips are named whether they are there or not.

    Raises:
        InputError: a table is missing or has a line that is not MELD's.
    """
    for name in names or SETS:
        path = source_dir / f"{name}_sent_emo.csv"
        if not path.is_file():
            raise InputError(f"{path}: no such file; get MELD from {SITE} and give its folder")
        with open(path, encoding="utf-8", newline="") as file:
            try:
                for number, row in enumerate(csv.DictReader(file), 1):
                    yield _utterance(row, name, source_dir / SETS[name], f"{path}: row {number}")
            except UnicodeDecodeError as error:
                raise InputError(f"{path}: not UTF-8 ({error.reason}); get the table again from {SITE}") from None


def _utterance(row: Mapping[str, str], name: str, clips: Path, where: str) -> Utterance:
    try:
        speaker = re.sub(r"[^A-Za-z0-9]+", "_", row["Speaker"]).strip("_")
        clip = f"dia{int(row['Dialogue_ID'])}_utt{int(row['Utterance_ID'])}"
        emotion = EMOTIONS[row["Emotion"]]
        text = row["Utterance"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{where}: no line of MELD ({error!r}); get the table again from {SITE}") from None
    return Utterance(f"{speaker}-{name}_{clip}", clips / f"{clip}.wav", speaker, emotion, text, language="en")
