"""Finds all faults of a data directory, each as one line with file and line number."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import groupby, tee, zip_longest
from operator import itemgetter
from pathlib import Path

from c2ser.data.external_sort import sort_lines
from c2ser.data.location import AudioLocation
from c2ser.data.names import (
    LABEL_SET,
    REQUIRED,
    SEGMENTS,
    SPK2AGE,
    SPK2GENDER,
    SPK2UTT,
    UTT2DUR,
    UTT2EMO,
    UTT2LANG,
    UTT2LANG_ASR,
    UTT2LEXICAL_CUE,
    UTT2NUM_SAMPLES,
    UTT2SPK,
    UTT2VOTES,
    WAV_SCP,
)
from c2ser.data.shards import AudioFaults
from c2ser.data.staging import utterance_tables
from c2ser.data.tables import AFTER_ALL_KEYS, SORT_IT, Line, is_sorted, outer_join, split_line
from c2ser.data.utterance import GENDERS
from c2ser.data.votes import votes_fault
from c2ser.emotions import EMOTIONS, read_emotions
from c2ser.languages import is_language_code
from c2ser.languages.lexical_cue import CUES

_END: Line = (0, AFTER_ALL_KEYS, "")

# Checks a value; returns what is wrong with it, as the end of a sentence that begins with the quoted key.
Check = Callable[[str], str | None]


def find_faults(directory: Path, emotions: Collection[str] | None = None, *, allow_pipe: bool = False) -> list[str]:
    """Finds all faults of a data directory; see `DataDir.validate`."""
    if emotions is None:
        label_set = directory.parent / LABEL_SET
        emotions = read_emotions(label_set) if label_set.is_file() else tuple(EMOTIONS)
    return _Validation(directory, emotions, allow_pipe=allow_pipe).run()


class _Validation:
    """Reads all tables of one directory side by side and collects their faults by table."""

    def __init__(self, directory: Path, emotions: Collection[str], *, allow_pipe: bool):
        self.directory = directory
        self.emotions = emotions
        self.audio_fault = partial(audio_fault, find_fault=AudioFaults(), allow_pipe=allow_pipe)
        self.faults: dict[str, list[str]] = {}

    def run(self) -> list[str]:
        missing = [name for name in REQUIRED if not (self.directory / name).is_file()]
        general = [f"{self.directory / name}: no such file; a data directory needs it" for name in missing]
        if UTT2SPK not in missing:
            if self._check_utterances() == 0:
                general.append(f"{self.directory}: the set is empty; prepare it again")
            self._check_speakers()
        return [*general, *(fault for faults in self.faults.values() for fault in faults)]

    def _report(self, name: str, number: int, fault: str) -> None:
        self.faults.setdefault(name, []).append(f"{self.directory / name}:{number}: {fault}")

    def _check_utterances(self) -> int:
        """Checks all tables per utterance against ``utt2spk`` in one merge; returns the number of utterances."""
        names = [name for name in utterance_tables(self.directory) if name != UTT2SPK]
        audio, recordings = WAV_SCP, frozenset()
        if (self.directory / SEGMENTS).is_file():
            audio, recordings = SEGMENTS, self._check_recordings()
            names = [name for name in names if name != WAV_SCP]
        if audio not in names:
            names.append(audio)
        checks = self._checks(recordings)
        index, *copies = tee(self._sorted_lines(UTT2SPK), len(names) + 1)
        columns = [
            self._check_column(name, copy, checks.get(name), complete=name == audio)
            for name, copy in zip(names, copies)
        ]
        return sum(1 for _ in zip_longest(index, *columns))

    def _check_column(self, name: str, index: Iterable[Line], check: Check | None, complete: bool) -> Iterator[None]:
        """Checks a table line by line while the caller advances through ``utt2spk``.

        Args:
            name: the table.
            index: lines of ``utt2spk``.
            check: of the values.
            complete: every utterance needs a line.
        """
        lines = self._sorted_lines(name)
        number, key, value = next(lines, _END)
        for place, utterance, _ in index:
            while key < utterance:
                self._report(name, number, f"'{key}' has no line in {UTT2SPK}")
                number, key, value = next(lines, _END)
            if key == utterance:
                if check is not None and (fault := check(value)):
                    self._report(name, number, f"'{key}'{fault}")
                number, key, value = next(lines, _END)
            elif complete:
                self._report(UTT2SPK, place, f"'{utterance}' has no line in {name}")
            yield
        while key != AFTER_ALL_KEYS:
            self._report(name, number, f"'{key}' has no line in {UTT2SPK}")
            number, key, value = next(lines, _END)

    def _check_recordings(self) -> Collection[str]:
        recordings = set()
        for number, recording, entry in self._sorted_lines(WAV_SCP):
            recordings.add(recording)
            if fault := self.audio_fault(entry):
                self._report(WAV_SCP, number, f"'{recording}'{fault}")
        return recordings

    def _check_speakers(self) -> None:
        """Compares ``spk2utt`` with ``utt2spk`` and checks what is known of speakers."""
        speakers = set()
        listed = ((speaker, (number, utts.split())) for number, speaker, utts in self._sorted_lines(SPK2UTT))
        for speaker, given, line in outer_join(self._utterances_by_speaker(), listed):
            given, (number, utterances) = given or {}, line or (0, [])
            if line:
                speakers.add(speaker)
            if list(given) == utterances:
                continue
            for utterance in utterances:
                if utterance not in given:
                    fault = f"'{speaker}' lists '{utterance}', which {UTT2SPK} does not give to it"
                    self._report(SPK2UTT, number, fault)
            for utterance in given.keys() - set(utterances):
                fault = f"'{utterance}' is not listed under '{speaker}' in {SPK2UTT}"
                self._report(UTT2SPK, given[utterance], fault)
        for name, fault_of in {SPK2GENDER: gender_fault, SPK2AGE: positive_fault}.items():
            for number, speaker, value in self._sorted_lines(name):
                if speaker not in speakers:
                    self._report(name, number, f"'{speaker}' has no line in {SPK2UTT}")
                if fault := fault_of(value):
                    self._report(name, number, f"'{speaker}'{fault}")

    def _utterances_by_speaker(self) -> Iterator[tuple[str, dict[str, int]]]:
        """Yields speakers, sorted, with the line number of each of their utterances in ``utt2spk``."""
        pairs = (f"{speaker}\t{utt}\t{number}" for number, utt, speaker in self._lines(UTT2SPK, report=False))
        fields = (line.rsplit("\t", 2) for line in sort_lines(pairs))
        for speaker, group in groupby(fields, key=itemgetter(0)):
            yield speaker, {utterance: int(number) for _, utterance, number in group}

    def _sorted_lines(self, name: str) -> Iterator[Line]:
        """Yields the usable lines of a table, sorted and unique, and reports the others; none if it is missing."""
        path = self.directory / name
        if not path.is_file():
            return
        lines = self._lines(name) if is_sorted(path) else self._sort(name)
        last = ""
        for number, key, value in lines:
            if key == last:
                self._report(name, number, f"duplicate key '{key}'; keep one of the lines")
            elif key < last:
                self._report(name, number, f"'{key}' is out of order; {SORT_IT}")
            else:
                yield number, key, value
                last = key

    def _sort(self, name: str) -> Iterator[Line]:
        """Reports the lines of a table that are out of order, and yields all in order."""
        last = ""
        for number, key, _ in self._lines(name, report=False):
            if key < last:
                self._report(name, number, f"the table is not sorted, '{key}' comes after '{last}'; {SORT_IT}")
            last = max(key, last)
        for line in sort_lines(f"{key}\t{number:09d}\t{value}" for number, key, value in self._lines(name)):
            key, number, value = line.split("\t", 2)
            yield int(number), key, value

    def _lines(self, name: str, report: bool = True) -> Iterator[Line]:
        """Yields the lines of a table that have a key and a value and are UTF-8; reports the others."""
        with open(self.directory / name, encoding="utf-8-sig", errors="surrogateescape") as file:
            for number, line in enumerate(file, 1):
                key, value = split_line(line)
                if not line.isascii() and not _is_utf8(line):
                    if report:
                        self._report(name, number, "not UTF-8; convert the file with iconv")
                elif value:
                    yield number, key, value
                elif report:
                    self._report(name, number, f"'{key}' has no value; each line reads '<key> <value>'")

    def _checks(self, recordings: Collection[str]) -> dict[str, Check]:
        labels = ", ".join(self.emotions)
        return {
            UTT2EMO: lambda value: (
                None if value in self.emotions else f": unknown emotion '{value}'; the label set is {labels}"
            ),
            UTT2VOTES: lambda value: votes_fault(value, self.emotions),
            WAV_SCP: self.audio_fault,
            SEGMENTS: lambda value: segment_fault(value, recordings),
            UTT2LANG: language_fault,
            UTT2LANG_ASR: language_fault,
            UTT2LEXICAL_CUE: lexical_cue_fault,
            UTT2DUR: positive_fault,
            UTT2NUM_SAMPLES: positive_fault,
        }


def audio_fault(entry: str, find_fault: AudioFaults, *, allow_pipe: bool = False) -> str | None:
    """Checks an entry of ``wav.scp``: a file or audio in an ark that is there and whole, or a pipe if allowed."""
    location = AudioLocation.parse(entry)
    if location.is_pipe:
        return None if allow_pipe else " is a shell pipe; write its output to a file instead"
    fault = find_fault(location)
    return fault and f": {fault} {entry}"


def segment_fault(value: str, recordings: Collection[str]) -> str | None:
    """Checks an entry of ``segments``: a known recording and two times in order."""
    fields = value.split()
    if len(fields) != 3:
        return ": a line reads '<utterance> <recording> <start> <end>'"
    recording, start, end = fields[0], _number(fields[1]), _number(fields[2])
    if recording not in recordings:
        return f": recording '{recording}' has no line in {WAV_SCP}"
    if not 0 <= start < end < math.inf:
        return f": a segment from {fields[1]} to {fields[2]} s is empty or impossible"
    return None


def language_fault(value: str) -> str | None:
    """Checks a language."""
    if is_language_code(value):
        return None
    return f": '{value}' is not a language code of ISO 639-1 such as en"


def lexical_cue_fault(value: str) -> str | None:
    """Checks what a text is said to name."""
    return None if value in CUES else f": lexical cue '{value}' is none of {', '.join(CUES)}"


def gender_fault(value: str) -> str | None:
    """Checks a gender."""
    return None if value in GENDERS else f": gender '{value}' is neither m nor f"


def positive_fault(value: str) -> str | None:
    """Checks a duration, a number of samples or an age."""
    return None if _number(value) > 0 else f": '{value}' is not a positive number"


def _is_utf8(line: str) -> bool:
    """Tells whether a line that was read with surrogate escapes has none of them."""
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
