"""MSP-Podcast, podcasts in American English: 207 136 turns in release 1.12, eight emotions, spontaneous.

On disk: ``Labels/labels_consensus.csv`` or ``.json`` (``labels_concensus`` in releases to 1.10, ``label/`` in others),
``Audios/<name>.wav`` (or ``Audio/``), ``Transcripts/<name>.txt``. Releases differ in turns and in sets, so that the
release is logged; name it where you report results. Labels O (other), X (no agreement) and C (contempt, which the
vocabulary lacks) are left out and counted. A turn whose speaker is unknown counts as a speaker of its own. Sets share
no speaker with train, but test sets do among each other. Test3 has no labels.

References:
    Lotfian, Busso: Building Naturalistic Emotionally Balanced Speech Corpus by Retrieving Emotional Speech from
    Existing Podcast Recordings. IEEE Transactions on Affective Computing 10(4), 2019.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from c2ser.corpora.common.annotations import first_that_exists, read_csv, read_json, read_text
from c2ser.corpora.common.corpus import Corpus
from c2ser.corpora.common.labels import LabelCounts, find_label
from c2ser.corpora.common.votes import read_msppodcast_votes
from c2ser.data.speakers import known_speaker
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SITE = "https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html"
COLUMNS = ("FileName", "EmoClass", "SpkrID", "Gender", "Split_Set")
SETS = {"train": ("train",), "dev": ("validation", "development"), "test": ("test1", "test"), "test2": ("test2",)}
SEXES = {"male": "m", "female": "f"}
RELEASE = re.compile(r"Release\s+([\d.]+\d)")

Row = Mapping[str, str]


def read(source_dir: Path, *sets: str) -> Iterator[Utterance]:
    """Yields the turns that have an emotion.

    Args:
        source_dir: the folder that holds ``Labels`` and ``Audios``.
        sets: names of `SETS`, of which ``test`` is Test1; by default all.

    Raises:
        InputError: there are no labels, or a row of them lacks a column.
    """
    path = _labels(source_dir)
    sexes = _sexes(path)
    audio = first_that_exists(source_dir / "Audio", source_dir / "Audios")
    wanted = {word for name in sets or SETS for word in SETS[name]}
    labels, unknown = LabelCounts(), 0
    for row in _rows(path):
        if row["Split_Set"].strip().lower() not in wanted:
            continue
        emotion = find_label(row["EmoClass"], CORPUS.labels)
        labels.add(row["EmoClass"], emotion)
        if emotion is not None:
            utterance = _utterance(row, audio, sexes=sexes, emotion=emotion)
            unknown += known_speaker(utterance.id, utterance.speaker) is None
            yield utterance
    logger.info("%s: release %s, %s", path, _release(source_dir), ", ".join(sets or SETS))
    logger.info("%s: left out %d of %d turns: %s", path, labels.left_out, labels.total, labels.left_out_labels())
    if unknown:
        logger.warning("%s: the speaker of %d turns is unknown; each counts as a speaker of its own", path, unknown)


def _labels(source_dir: Path) -> Path:
    names = [f"labels_{word}.{suffix}" for suffix in ("csv", "json") for word in ("consensus", "concensus")]
    paths = [source_dir / folder / name for folder in ("Labels", "label", "labels") for name in names]
    path = first_that_exists(*paths, paths[0])
    if not path.exists():
        raise InputError(f"{path}: no such file, nor .json; get MSP-Podcast from {SITE}")
    return path


def _rows(path: Path) -> Iterator[Row]:
    if path.suffix == ".csv":
        for _, row in read_csv(path, columns=COLUMNS, site=SITE):
            yield row
        return
    for name, row in read_json(path, site=SITE).items():
        row = {"FileName": name, **row} if isinstance(row, dict) else {}
        missing = [column for column in COLUMNS if row.get(column) is None]
        if missing:
            raise InputError(f"{path}: '{name}': no value of {missing[0]}; get the labels again from {SITE}")
        yield {column: str(row[column]) for column in COLUMNS}


def _sexes(path: Path) -> dict[str, str]:
    """Reads speaker -> m or f, of those of whom rows agree."""
    counts: dict[str, Counter[str]] = {}
    for row in _rows(path):
        sex = SEXES.get(row["Gender"].strip().lower())
        if sex:
            counts.setdefault("_".join(row["SpkrID"].split()), Counter())[sex] += 1
    differ = sorted(speaker for speaker, sexes in counts.items() if len(sexes) > 1 and _is_known(speaker))
    if differ:
        logger.warning("%s: rows differ in the sex of %d speakers, such as %s", path, len(differ), differ[0])
    return {speaker: next(iter(sexes)) for speaker, sexes in counts.items() if len(sexes) == 1}


def _is_known(speaker: str) -> bool:
    return speaker.lower() not in ("", "unknown", "nan", "none")


def _utterance(row: Row, audio: Path, *, sexes: Mapping[str, str], emotion: str) -> Utterance:
    wav, number = audio / row["FileName"], "_".join(row["SpkrID"].split())
    known = _is_known(number)
    speaker = f"msppodcast_{number}" if known else f"msppodcast_{wav.stem}"
    transcript = audio.parent / "Transcripts" / f"{wav.stem}.txt"
    return Utterance(
        id=f"{speaker}-{wav.stem}" if known else speaker,
        wav=wav,
        speaker=speaker,
        emotion=emotion,
        text=read_text(transcript, "cp1252", site=SITE) if transcript.is_file() else None,
        language="en",
        gender=sexes.get(number) if known else SEXES.get(row["Gender"].strip().lower()),
        corpus="msppodcast",
    )


def _release(source_dir: Path) -> str:
    for path in sorted(source_dir.glob("[Rr][Ee][Aa][Dd][Mm][Ee]*")):
        found = RELEASE.search(read_text(path, "cp1252", site=SITE)) if path.is_file() else None
        if found:
            return found[1]
    return "unknown (no readme.txt that names it)"


CORPUS = Corpus(
    name="msppodcast",
    title="MSP-Podcast corpus",
    paper=(
        "Lotfian, Busso: Building Naturalistic Emotionally Balanced Speech Corpus by Retrieving Emotional Speech from "
        "Existing Podcast Recordings. IEEE Transactions on Affective Computing 10(4), 2019"
    ),
    licence="research only, or commercial",
    access="signed form",
    url=SITE,
    languages=("en",),
    labels={
        "A": "angry",
        "S": "sad",
        "H": "happy",
        "U": "surprised",
        "F": "fearful",
        "D": "disgusted",
        "N": "neutral",
        "C": None,  # contempt
        "O": None,
        "X": None,
    },
    read=read,
    votes=read_msppodcast_votes,
    sets=tuple(SETS),
    protocols={"official": 1, "emobox": 1},
    utterances=73042,
    hours=113.6,
    num_speakers=1273,
)
