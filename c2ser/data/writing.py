"""Utterances of a corpus, in any order, become a data directory."""

import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from c2ser.data.columns import rows
from c2ser.data.external_sort import sort_lines
from c2ser.data.files import atomic_write
from c2ser.data.names import (
    OF_SPEAKERS,
    SEGMENTS,
    SPK2AGE,
    SPK2GENDER,
    SPK2UTT,
    TEXT,
    UTT2CORPUS,
    UTT2EMO,
    UTT2LANG,
    UTT2LEXICAL_CUE,
    UTT2SPK,
    UTT2VOTES,
    WAV_SCP,
)
from c2ser.data.speakers import write_spk2utt
from c2ser.data.staging import staged_directory
from c2ser.data.tables import table_writer, write_table
from c2ser.data.utterance import GENDERS, Utterance
from c2ser.data.votes import format_votes, votes_fault
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

_ALWAYS = (UTT2SPK, UTT2EMO)
_WHERE_KNOWN = (TEXT, UTT2LANG, UTT2CORPUS, UTT2LEXICAL_CUE, SEGMENTS, UTT2VOTES)

Record = tuple[str, str, list[str | None]]  # utterance, entry of wav.scp, value per table of `_ALWAYS`, `_WHERE_KNOWN`


def write_emotions(path: str | Path, emotions: Collection[str]) -> None:
    """Writes a label set, one name per line, in the order of the vocabulary."""
    with atomic_write(path) as file:
        file.writelines(f"{emotion}\n" for emotion in EMOTIONS if emotion in emotions)


def write_utterances(
    directory: Path, utterances: Iterable[Utterance], *, emotions: Collection[str], corpus: str | None = None
) -> int:
    """Writes a data directory; see `DataDir.write`."""
    checked = _CheckedUtterances(directory, emotions, corpus=corpus)
    records = _sorted_records(directory, map(checked.record, utterances))
    first = next(records, None)
    if first is None:
        raise InputError(f"{directory}: no utterance to write; check the folder or the list they come from")
    with staged_directory(directory) as folder:
        count = _write_records(folder, chain([first], records))
        if checked.recordings:
            _check_all_are_parts(directory, folder)
            write_table(folder / WAV_SCP, checked.recordings)
        write_spk2utt(folder / SPK2UTT, folder / UTT2SPK)
        for name, known in checked.of_speakers.items():
            if known:
                write_table(folder / name, known)
        for name in (WAV_SCP, *_WHERE_KNOWN, *OF_SPEAKERS):
            (directory / name).unlink(missing_ok=True)
    return count


class _CheckedUtterances:
    """Checks utterances one by one; keeps what is common to those of a speaker or a recording."""

    def __init__(self, directory: Path, emotions: Collection[str], *, corpus: str | None):
        self.directory = directory
        self.emotions = emotions
        self.corpus = corpus
        self.of_speakers: dict[str, dict[str, str]] = {name: {} for name in OF_SPEAKERS}
        self.recordings: dict[str, str] = {}

    def record(self, utt: Utterance) -> Record:
        """Returns the values that are written of an utterance."""
        where = f"{self.directory}: utterance '{utt.id}'"
        _check_word(utt.id, where, "its id")
        _check_word(utt.speaker, where, f"speaker '{utt.speaker}'")
        if utt.emotion is not None and utt.emotion not in self.emotions:
            raise InputError(f"{where}: unknown emotion '{utt.emotion}'; the label set is {', '.join(self.emotions)}")
        if utt.gender is not None:
            if self._of_speaker(SPK2GENDER, utt.speaker, utt.gender) != utt.gender or utt.gender not in GENDERS:
                raise InputError(f"{where}: speaker '{utt.speaker}' needs one gender, m or f, not '{utt.gender}'")
        if utt.age is not None:
            if self._of_speaker(SPK2AGE, utt.speaker, str(utt.age)) != str(utt.age) or utt.age <= 0:
                raise InputError(f"{where}: speaker '{utt.speaker}' needs one age above 0, not {utt.age}")
        entry = _path_entry(utt.wav, where)
        text = " ".join((utt.text or "").split()) or None
        known = [
            text,
            utt.language,
            utt.corpus or self.corpus,
            utt.lexical_cue,
            self._segment(utt, entry, where),
            self._votes(utt, where),
        ]
        return utt.id, entry, [utt.speaker, utt.emotion, *known]

    def _of_speaker(self, table: str, speaker: str, value: str) -> str:
        """Returns what is known of a speaker, which is the value unless an earlier utterance says otherwise."""
        return self.of_speakers[table].setdefault(speaker, value)

    def _votes(self, utt: Utterance, where: str) -> str | None:
        """Returns the votes as the table has them; None where there are none."""
        if not utt.votes:
            return None
        try:
            value = format_votes(utt.votes)
        except ValueError as error:
            raise InputError(f"{where}: {error}") from None
        if fault := votes_fault(value, self.emotions):
            raise InputError(f"{where}{fault}")
        return value

    def _segment(self, utt: Utterance, entry: str, where: str) -> str | None:
        if utt.recording is None:
            return None
        name = f"recording '{utt.recording}'"
        _check_word(utt.recording, where, name)
        if self.recordings.setdefault(utt.recording, entry) != entry:
            raise InputError(f"{where}: {name} has two files, {self.recordings[utt.recording]} and {entry}")
        if utt.start is None or utt.end is None:
            raise InputError(f"{where}: a part of {name} needs its start and end in seconds")
        return f"{utt.recording} {utt.start:.3f} {utt.end:.3f}"


def _sorted_records(directory: Path, records: Iterable[Record]) -> Iterator[Record]:
    """Sorts records by utterance, on disk where there are many, and finds duplicates."""
    last, last_entry = "", ""
    for line in sort_lines(f"{utt}\t{json.dumps([entry, values])}" for utt, entry, values in records):
        utt, _, content = line.partition("\t")
        entry, values = json.loads(content)
        if utt == last:
            files = f"{last_entry} and {entry}"
            raise InputError(f"{directory}: utterance '{utt}' is a duplicate ({files}); make the ids unique")
        last, last_entry = utt, entry
        yield utt, entry, values


def _write_records(folder: Path, records: Iterable[Record]) -> int:
    """Writes tables of what is known and returns the number of utterances."""
    count = 0
    with ExitStack() as stack:
        wav_scp, *tables = (
            stack.enter_context(table_writer(folder / name)) for name in (WAV_SCP, *_ALWAYS, *_WHERE_KNOWN)
        )
        for utt, entry, values in records:
            count += 1
            wav_scp.write(utt, entry)
            for table, value in zip(tables, values):
                if value is not None:
                    table.write(utt, value)
    for name in _WHERE_KNOWN:
        if (folder / name).stat().st_size == 0:
            (folder / name).unlink()
    return count


def _check_all_are_parts(directory: Path, folder: Path) -> None:
    for utt, segment in rows(folder, (), optional=[SEGMENTS]):
        if segment is None:
            raise InputError(f"{directory}: '{utt}' is a whole file, others are parts of recordings; write two sets")


def _check_word(word: str, where: str, what: str) -> None:
    if len(word.split()) != 1 or word != word.strip():
        raise InputError(f"{where}: {what} is empty or has spaces; use letters, digits, '-' and '_'")


def _path_entry(path: Path, where: str) -> str:
    """Checks that a path can stand as the rest of a line and is not a pipe."""
    entry = os.path.abspath(path)
    try:
        entry.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{where}: the path {entry!r} is not UTF-8; rename the file") from None
    if entry != " ".join(entry.splitlines()).strip() or entry.endswith("|"):
        raise InputError(f"{where}: the path {entry!r} ends with a space or '|' or has a line break; rename the file")
    return entry
