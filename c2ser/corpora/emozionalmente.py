"""Emozionalmente, crowdsourced acted Italian: 6 902 utterances of 431 actors, 18 sentences, seven emotions.

On disk: ``SOURCE_DIR/audio/<time>.wav``, whose names tell nothing, and the tables ``SOURCE_DIR/metadata/samples.csv``
(who says what, with which emotion) and ``users.csv`` (their sex and age).

References:
    Catania, Wilke, Garzotto: Emozionalmente: A Crowdsourced Corpus of Simulated Emotional Speech in Italian. IEEE
    Transactions on Audio, Speech and Language Processing 33, 2025.
"""

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus
from c2ser.data.audio_files import audio_files
from c2ser.data.utterance import GENDERS, Utterance
from c2ser.errors import InputError

SITE = "https://zenodo.org/records/6569824"
SAMPLES = ("file_name", "actor", "sentence", "emotion_expressed")
USERS = ("username", "gender")


def read(source_dir: Path) -> Iterator[Utterance]:
    """Yields Emozionalmente's utterances.

    Args:
        source_dir: the folder that holds ``audio/`` and ``metadata/``.

    Raises:
        InputError: there is no audio, a table is missing or faulty, or a file is not in it.
    """
    if not _facts(source_dir):
        raise InputError(f"{source_dir}/metadata/samples.csv: no such file; get Emozionalmente from {SITE}, whole")
    empty = True
    for wav in audio_files(source_dir / "audio"):
        empty = False
        found = utterance(wav)
        if found.emotion is None:
            raise InputError(f"{wav}: not in {source_dir}/metadata/samples.csv; move the file elsewhere")
        yield found
    if empty:
        raise InputError(f"{source_dir}/audio: no audio; get Emozionalmente from {SITE}")


def utterance(wav: Path) -> Utterance:
    """Looks an audio file up in the tables beside its folder; without them, who speaks is unknown.

    Args:
        wav: a file of ``audio/``.

    Raises:
        InputError: a table is faulty.
    """
    known = _facts(wav.parent.parent).get(wav.name)
    if known is None:
        name = f"emozionalmente_{wav.stem}"
        return Utterance(name, wav, name, language="it", corpus="emozionalmente")
    actor, sex, text, emotion = known
    speaker = f"emozionalmente_{actor}"
    return Utterance(
        id=f"{speaker}-{wav.stem}",
        wav=wav,
        speaker=speaker,
        emotion=emotion,
        text=text or None,
        language="it",
        gender=sex,
        corpus="emozionalmente",
    )


@lru_cache(maxsize=4)
def _facts(source_dir: Path) -> dict[str, tuple[str, str | None, str, str]]:
    """Returns file name -> actor, sex, sentence, emotion; empty without tables."""
    samples, users = source_dir / "metadata" / "samples.csv", source_dir / "metadata" / "users.csv"
    if not samples.is_file():
        return {}
    sexes = {row["username"]: row["gender"][:1].lower() for _, row in _rows(users, USERS)} if users.is_file() else {}
    facts = {}
    for number, row in _rows(samples, SAMPLES):
        emotion = CORPUS.labels.get(row["emotion_expressed"])
        if emotion is None or not row["actor"]:
            raise InputError(
                f"{samples}:{number}: actor '{row['actor']}', emotion '{row['emotion_expressed']}': not a row of"
                f" Emozionalmente; get the table again from {SITE}"
            )
        sex = sexes.get(row["actor"])
        actor = re.sub(r"\s+", "_", row["actor"])
        facts[row["file_name"]] = actor, sex if sex in GENDERS else None, row["sentence"], emotion
    return facts


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        for row in table:
            if any(row.get(column) is None for column in columns):
                raise InputError(f"{path}:{table.line_num}: a row needs {', '.join(columns)}; get it from {SITE}")
            yield table.line_num, row


CORPUS = Corpus(
    name="emozionalmente",
    title="Emozionalmente",
    paper=(
        "Catania, Wilke, Garzotto: Emozionalmente: A Crowdsourced Corpus of Simulated Emotional Speech in Italian. "
        "IEEE Transactions on Audio, Speech and Language Processing 33, 2025"
    ),
    licence="CC BY 4.0",
    access="download from Zenodo without registration",
    url=SITE,
    languages=("it",),
    labels={
        "anger": "angry",
        "disgust": "disgusted",
        "fear": "fearful",
        "joy": "happy",
        "neutrality": "neutral",
        "sadness": "sad",
        "surprise": "surprised",
    },
    read=read,
    protocols={"emobox": 1},
    utterance=utterance,
    utterances=6902,
    hours=6.3,
    num_speakers=431,
)
