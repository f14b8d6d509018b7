"""MELD, dialogues of the series Friends: 13 708 utterances of 303 characters, English, seven emotions, spontaneous.

On disk, as the archives have it: ``<set>_sent_emo.csv`` in the folder given or in ``<set>/``, and clips
``dia<dialogue>_utt<utterance>.mp4`` in the folders of `CLIPS`; clips that were converted to WAV or FLAC and stand in
the same folders come first. MP4 is read through ffmpeg; of clips in 5.1 it is the centre channel, which has the speech.
Clips without a row in the tables, such as ``final_videos_testdia...``, are not read. Two rows have no clip
(`NOT_RELEASED`), three clips are
cut wrongly (`CUT_WRONGLY`): two last minutes, which extract_attributes refuses or, with --skip_bad, leaves out.

References:
    Poria, Hazarika, Majumder, Naik, Cambria, Mihalcea: MELD: A Multimodal Multi-Party Dataset for Emotion Recognition
    in Conversations. ACL 2019.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from c2ser.corpora.common.annotations import first_that_exists, read_csv
from c2ser.corpora.common.corpus import Corpus
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SITE = "https://github.com/declare-lab/MELD"
# set -> folder of its clips
CLIPS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
CONVERTED = (".wav", ".flac")  # clips that users made of those in MP4
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
# Issues 22, 27, 39 and 52 of the repository.
NOT_RELEASED = {("train", "dia125_utt3"), ("dev", "dia110_utt7")}
# Issue 20: seconds that they last.
CUT_WRONGLY = {("train", "dia309_utt0"): 41, ("test", "dia38_utt4"): 305, ("test", "dia220_utt0"): 235}


def read(source_dir: Path, *sets: str) -> Iterator[Utterance]:
    """Yields MELD's utterances, whose ids are ``<character>-<set>_dia<dialogue>_utt<utterance>``.

    Args:
        source_dir: the folder of the tables and clips, or of ``train``, which has those of the training set.
        sets: names of `CLIPS`; by default all.

    Raises:
        InputError: a table is missing, or has a row that is not MELD's.
    """
    for name in sets or CLIPS:
        table = f"{name}_sent_emo.csv"
        path = first_that_exists(source_dir / name / table, source_dir / table)
        clips = first_that_exists(source_dir / name / CLIPS[name], source_dir / CLIPS[name])
        for where, row in read_csv(path, columns=COLUMNS, site=SITE):
            utterance, clip = _utterance(row, name, clips=clips, where=where)
            if (name, clip) in NOT_RELEASED and not utterance.wav.exists():
                logger.info("%s: left out %s, which MELD never released", where, utterance.wav)
                continue
            if (name, clip) in CUT_WRONGLY:
                seconds = CUT_WRONGLY[name, clip]
                logger.warning("%s: cut wrongly in MELD's release, where it lasts %d s", utterance.wav, seconds)
            yield utterance


def _utterance(row: Mapping[str, str], name: str, *, clips: Path, where: str) -> tuple[Utterance, str]:
    try:
        speaker = re.sub(r"[^A-Za-z0-9]+", "_", row["Speaker"]).strip("_")
        clip = f"dia{int(row['Dialogue_ID'])}_utt{int(row['Utterance_ID'])}"
        emotion = CORPUS.labels[row["Emotion"].strip().lower()]
    except (KeyError, ValueError) as error:
        raise InputError(f"{where}: not a row of MELD ({error!r}); get the table again from {SITE}") from None
    utterance = Utterance(
        id=f"{speaker}-{name}_{clip}",
        wav=first_that_exists(*(clips / f"{clip}{suffix}" for suffix in CONVERTED), clips / f"{clip}.mp4"),
        speaker=speaker,
        emotion=emotion,
        text=row["Utterance"],
        language="en",
        corpus="meld",
    )
    return utterance, clip


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
    protocols={"official": 1, "emobox": 1, "balanced": 1},
    utterances=13706,
    hours=12.1,
    num_speakers=304,
)
