"""M3ED, dialogues of 56 Chinese television series: 24 449 utterances of 626 characters, seven emotions.

On disk: ``annotation.json`` and ``splitInfo/movie_list_<train, val, test>.txt`` of the repository, and the clips,
``modality_speech/<A or B>_<series>_<dialogue>_<turn>.wav``. A and B are the sides of a dialogue; the annotation names
the characters, so that one character of several dialogues is one speaker. Paths alone, as in EmoBox's metadata, tell
only the side. A few clips are missing, others last 0.04 s. The label is the main emotion that annotators agreed on.

References:
    Zhao et al.: M3ED: Multi-modal Multi-scene Multi-label Emotional Dialogue Database. ACL 2022.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.annotations import read_json, read_text
from c2ser.corpora.common.corpus import Corpus, Layout
from c2ser.corpora.common.labels import find_label
from c2ser.corpora.common.votes import read_m3ed_votes
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

SITE = "https://github.com/AIM3-RUC/RUCM3ED"
LISTS = {"train": "movie_list_train.txt", "dev": "movie_list_val.txt", "test": "movie_list_test.txt"}
SEXES = {"m": "m", "male": "m", "男": "m", "f": "f", "female": "f", "女": "f"}


def read(source_dir: Path, *sets: str) -> Iterator[Utterance]:
    """Yields M3ED's utterances.

    Args:
        source_dir: the folder that holds ``annotation.json``, ``splitInfo`` and ``modality_speech``.
        sets: names of `LISTS`; by default all utterances, for which no list is needed.

    Raises:
        InputError: the annotation or a list is missing, or is not M3ED's.
    """
    path = source_dir / "annotation.json"
    annotation = read_json(path, site=SITE)
    wanted = {series for name in sets for series in _series(source_dir, name)} if sets else set(annotation)
    for series, dialogues in annotation.items():
        for name, content in dialogues.items() if series in wanted else ():
            try:
                characters = content.get("SpeakerInfo", {})
                for name, turn in content["Dialog"].items():
                    yield _utterance(source_dir, name, turn, series=series, characters=characters)
            except (AttributeError, KeyError, TypeError) as error:
                raise InputError(f"{path}: '{name}' is not a part of M3ED ({error!r}); get it from {SITE}") from None


def _series(source_dir: Path, name: str) -> list[str]:
    return read_text(source_dir / "splitInfo" / LISTS[name], site=SITE).split()


def _utterance(source_dir: Path, name: str, turn: dict, *, series: str, characters: dict) -> Utterance:
    side = turn["Speaker"]
    known = characters.get(side) or {}
    character = "_".join(str(known.get("Name") or "").split())
    # Without a name, a side of a dialogue counts as a speaker.
    speaker = f"m3ed_{series}_{character}" if character else f"m3ed_{name.rpartition('_')[0]}_{side}"
    emotion = find_label(turn["EmoAnnotation"]["final_main_emo"], CORPUS.labels)
    if emotion is None:
        raise KeyError(turn["EmoAnnotation"]["final_main_emo"])
    return Utterance(
        id=f"{speaker}-{name}",
        wav=source_dir / "modality_speech" / f"{side}_{name}.wav",
        speaker=speaker,
        emotion=emotion,
        text=turn.get("Text"),
        language="zh",
        gender=SEXES.get(str(known.get("Gender") or "").strip().lower()),
        corpus="m3ed",
    )


CORPUS = Corpus(
    name="m3ed",
    title="Multi-modal Multi-scene Multi-label Emotional Dialogue Database (M3ED)",
    paper="Zhao et al.: M3ED: Multi-modal Multi-scene Multi-label Emotional Dialogue Database. ACL 2022",
    licence="not stated",
    access="download without registration",
    url=SITE,
    languages=("zh",),
    labels={
        "Neutral": "neutral",
        "Surprise": "surprised",
        "Disgust": "disgusted",
        "Anger": "angry",
        "Sad": "sad",
        "Happy": "happy",
        "Fear": "fearful",
    },
    read=read,
    votes=read_m3ed_votes,
    sets=tuple(LISTS),
    protocols={"official": 1, "emobox": 1},
    layouts=(Layout(r"(?P<side>[AB])_(?P<dialogue>[^/]+_\d+)_\d+\.\w+$", speaker=r"\g<dialogue>_\g<side>"),),
    utterances=24437,
    hours=9.8,
    num_speakers=626,
)
