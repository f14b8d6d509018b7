"""Any audformat database in a folder: ``SOURCE_DIR/db.yaml``, its tables and its media.

Emotions, speakers with sex and age, transcripts and languages are found by audformat's conventions; tables of a split
are its sets.

References:
    https://audeering.github.io/audformat
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from c2ser.corpora.common.audformat_database import (
    HEADER,
    SEX_SCHEMES,
    TEXT_SCHEMES,
    AudformatDatabase,
    Segment,
    by_segment,
    emotion_tables,
    two_letters,
)
from c2ser.corpora.common.corpus import Corpus, Source, Speaker
from c2ser.corpora.common.labels import LabelCounts, find_label
from c2ser.corpora.common.listed_audio import SEXES, audio_id
from c2ser.data.location import AudioLocation
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SITE = "https://audeering.github.io/audformat"


@dataclass(frozen=True)
class Contents:
    """What a database says, by file or part of a file.

    Attributes:
        database: where it is from.
        column: of the emotions.
        tables: set -> table of the emotions; a single one of None where there is no split.
        speaker: the speaker's id.
        text: what is said.
        sex: ``m`` or ``f``, where it is known.
        language: ISO 639-1.
        speakers: what is known of each speaker.
    """

    database: AudformatDatabase
    column: str
    tables: Mapping[str | None, str]
    speaker: Mapping[Segment, str]
    text: Mapping[Segment, str]
    sex: Mapping[Segment, str]
    language: Mapping[Segment, str]
    speakers: Mapping[str, Speaker]

    def read(self, _: Path, *sets: str) -> Iterator[Utterance]:
        """Yields the utterances of some sets, by default of all.

        Raises:
            InputError: audio is missing, or a table cannot be read.
        """
        counts = LabelCounts()
        for name, table in self.tables.items():
            if sets and name not in sets:
                continue
            labels = self.database.values(table, self.column)
            segments = self.database.index(table)
            self._check_audio(table, segments)
            for segment in segments:
                label = labels.get(segment)
                emotion = None if label is None else find_label(str(label), {})
                if label is not None:
                    counts.add(str(label), emotion)
                if label is None or emotion is not None:
                    yield self._utterance(segment, emotion)
        if counts.left_out:
            logger.warning("%s: left out unknown emotions: %s", self.database.root, counts.left_out_labels())
        for line in counts.merged_labels():
            logger.info("%s: %s", self.database.root, line)

    def _check_audio(self, table: str, segments: list[Segment]) -> None:
        files = dict.fromkeys(segment.file for segment in segments)
        missing = [file for file in files if not (self.database.root / file).is_file()]
        if missing:
            raise InputError(
                f"{self.database.root}/db.{table}: no such file: {missing[0]} ({len(missing)} of {len(files)} files are"
                " missing); copy the database again, with its media"
            )

    def _utterance(self, segment: Segment, emotion: str | None) -> Utterance:
        root = self.database.root
        speaker, wav = by_segment(self.speaker, segment), root / segment.file
        recording = audio_id(root / HEADER, segment.file)
        is_part = segment.start is not None
        name = f"{recording}-{round(1000 * segment.start):08d}" if is_part else recording
        utt = f"{speaker}-{name}" if speaker else name
        known = self.speakers.get(speaker)
        return Utterance(
            id=utt,
            wav=wav,
            speaker=speaker or utt,
            emotion=emotion,
            text=by_segment(self.text, segment),
            language=by_segment(self.language, segment) or _only(self.database.languages),
            gender=by_segment(self.sex, segment) or (known.sex if known else None),
            age=known.age if known else None,
            corpus=self.database.name,
            recording=recording if is_part else None,
            start=segment.start,
            end=_end(segment, wav) if is_part else None,
        )


def open_database(source: Source) -> Corpus:
    """Opens a database.

    Args:
        source: its ``folder``, and its ``column`` of emotions where there are several.

    Raises:
        InputError: there is no database, a package is missing, or it has no column of emotions, or several.

    Example:
        >>> open_database(Source(Path("databases/emodb"))).sets  # doctest: +SKIP
        ('train', 'test')
    """
    contents = read_contents(AudformatDatabase(source.folder), source.column)
    database = contents.database
    logger.info("%s: %s; licence: %s", database.root / HEADER, database.name, database.licence)
    tables = ", ".join(f"{table}.{contents.column}" for table in contents.tables.values())
    logger.info("%s: emotions of %s", database.root / HEADER, tables)
    num_speakers = len(set(contents.speaker.values()))
    if not num_speakers:
        logger.warning("%s: the speakers are not known, so figures may be optimistic", database.root / HEADER)
    sets = tuple(name for name in CORPUS.sets if name in contents.tables)
    folds = {"official": bool(sets), "speakers": num_speakers > 0, "utterances": 1, "loso": num_speakers}
    return replace(
        CORPUS,
        licence=database.licence,
        languages=database.languages,
        read=contents.read,
        sets=sets,
        speakers=contents.speakers,
        protocols={protocol: int(number) for protocol, number in folds.items() if number},
    )


def read_contents(database: AudformatDatabase, column: str | None = None) -> Contents:
    """Reads what a database says.

    Args:
        database: to read.
        column: of the emotions, as ``TABLE.COLUMN``.

    Raises:
        InputError: as `open_database`.
    """
    emotions, tables = emotion_tables(database, column)
    speaker, text, sex, language = {}, {}, {}, {}
    speakers: dict[str, Speaker] = {}
    for place in database.columns("speaker"):
        speaker |= {segment: _word(value) for segment, value in database.values(*place).items()}
        speakers |= {_word(key): _speaker(row) for key, row in database.labels(*place).items() if isinstance(row, dict)}
    for place in reversed(database.columns(*TEXT_SCHEMES)):  # the last are overwritten by the best
        labels = database.labels(*place)
        text |= {segment: _sentence(labels.get(value, value)) for segment, value in database.values(*place).items()}
    for place in reversed(database.columns(*SEX_SCHEMES)):
        found = {segment: SEXES.get(str(value).lower()) for segment, value in database.values(*place).items()}
        sex |= {segment: value for segment, value in found.items() if value}
    for place in database.columns("language"):
        found = {segment: two_letters(str(value)) for segment, value in database.values(*place).items()}
        language |= {segment: value for segment, value in found.items() if value}
    return Contents(database, emotions, tables, speaker, text, sex, language, speakers)


def _speaker(row: Mapping[str, Any]) -> Speaker:
    sex = next((SEXES.get(str(row[name]).lower()) for name in SEX_SCHEMES if name in row), None)
    age = row.get("age")
    return Speaker(sex, int(age) if isinstance(age, (int, float)) else None)


def _sentence(value: Any) -> str:
    """The text of a label: itself, or of a label that is described by fields, the one that is called so."""
    if isinstance(value, dict):
        value = next((value[name] for name in TEXT_SCHEMES if name in value), "")
    return str(value)


def _word(value: Any) -> str:
    return "_".join(str(value).split())


def _only(languages: tuple[str, ...]) -> str | None:
    return languages[0] if len(languages) == 1 else None


def _end(segment: Segment, wav: Path) -> float:
    if segment.end is not None:
        return segment.end
    samples, rate = AudioLocation.parse(wav).native_length()
    return samples / rate


CORPUS = Corpus(
    name="audformat",
    title="An audformat database in a folder",
    paper="that of the database",
    licence="that of the database, which is shown",
    access="a database that audb or audformat has saved, with its media",
    url=SITE,
    languages=(),
    sets=("train", "dev", "test"),
    protocols={"official": 1},
    open=open_database,
)
