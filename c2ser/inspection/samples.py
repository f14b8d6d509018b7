"""Sample utterances of each emotion to read and to listen to, chosen deterministically."""

import heapq
import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.data.location import AudioLocation
from c2ser.inspection.embedded_audio import EmbeddedAudio
from c2ser.inspection.sets import LEVEL_WORDS, DataSet
from c2ser.languages import language_of


@dataclass(frozen=True)
class Sample:
    """One utterance of the page; unknown values are None.

    Attributes:
        audio: link to its audio, relative to the page; with a time range if it is a segment of a recording. What is in
            an ark, which a browser cannot open, is a data URI.
        attributes: (name, value, level) of each measured attribute; level None before build_cot.
    """

    utterance: str
    emotion: str
    speaker: str
    language: str | None
    seconds: float | None
    audio: str | None
    text: str | None
    heard_text: str | None
    attributes: list[tuple[str, str, str | None]]
    explicit: str | None
    implicit: str | None

    @property
    def answer_language(self) -> str:
        """The language of the targets."""
        return language_of(self.language).code


def choose_samples(data_set: DataSet, per_emotion: int, *, page_dir: Path) -> dict[str, list[Sample]]:
    """Returns samples per emotion, in the order of the vocabulary, then unlabelled ones.

    They are chosen by a checksum of the ids, so the choice does not depend on the order of the corpus.
    """
    chosen = {emotion: _choose(data_set, rows, per_emotion) for emotion, rows in data_set.by_emotion.items()}
    wanted = {data_set.utterances[row] for rows in chosen.values() for row in rows}
    columns = (names.WAV_SCP, names.SEGMENTS, names.TEXT, names.TEXT_ASR, names.EXPLICIT, names.IMPLICIT)
    tables = {utt: row for utt, *row in DataDir(data_set.directory).iterate(optional=columns) if utt in wanted}
    in_arks = {utt for utt, (entry, *_) in tables.items() if entry and AudioLocation.parse(entry).offset is not None}
    embedded = EmbeddedAudio(data_set.directory, in_arks) if in_arks else None

    def sample(row: int, emotion: str) -> Sample:
        utt = data_set.utterances[row]
        entry, segment, text, heard_text, explicit, implicit = tables[utt]
        return Sample(
            utterance=utt,
            emotion=emotion,
            speaker=data_set.speaker.value(row),
            language=data_set.language.value(row) if data_set.language else None,
            seconds=None if data_set.durations is None else float(data_set.durations[row]),
            audio=embedded.read(utt).source if utt in in_arks else _audio_link(entry, segment, page_dir),
            text=text,
            heard_text=heard_text,
            attributes=_attributes(data_set, row),
            explicit=explicit,
            implicit=implicit,
        )

    return {emotion: [sample(row, emotion) for row in rows] for emotion, rows in chosen.items()}


def _choose(data_set: DataSet, rows: np.ndarray, number: int) -> list[int]:
    return sorted(heapq.nsmallest(number, rows.tolist(), key=lambda row: zlib.crc32(data_set.utterances[row].encode())))


def _attributes(data_set: DataSet, row: int) -> list[tuple[str, str, str | None]]:
    if data_set.attributes is None:
        return []
    words = [None] * len(ATTRIBUTES)
    if data_set.levels is not None:
        words = [LEVEL_WORDS[level] for level in data_set.levels[row]]
    values = ["nan" if math.isnan(value) else f"{value:.1f}" for value in data_set.attributes[row]]
    return list(zip(ATTRIBUTES, values, words))


def _audio_link(entry: str | None, segment: str | None, page_dir: Path) -> str | None:
    location = AudioLocation.parse(entry or "|")
    if location.path is None:
        return None
    link = quote(os.path.relpath(location.path, page_dir))
    return f"{link}#t={','.join(segment.split()[1:])}" if segment else link
