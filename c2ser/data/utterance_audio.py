"""The audio of a data directory, by utterance, whether utterances are files or parts of recordings."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from c2ser.data.decode import Recording
from c2ser.data.limits import check_seconds
from c2ser.data.location import AudioLocation
from c2ser.data.names import SEGMENTS, SOURCE, UTT2NUM_SAMPLES, WAV_SCP
from c2ser.data.resample import SAMPLE_RATE, resample, resampled_length
from c2ser.data.skipped import Skipped
from c2ser.data.tables import read_table, read_table_if_there, table_lines
from c2ser.errors import InputError

SLACK_SECONDS = 0.1  # by which a segment may end after its recording, as Kaldi allows


class Entry(NamedTuple):
    """What the tables say of one utterance.

    Attributes:
        line: of ``wav.scp``, from 1.
        recording: its key there.
        value: its value there.
        start: where the utterance starts in the recording, s.
        end: where it ends; None where the utterance is the whole recording.
    """

    line: int
    recording: str
    value: str
    start: float = 0.0
    end: float | None = None


class UtteranceAudio:
    """Reads the audio of utterances; consecutive parts of one recording read it once.

    Args:
        data_dir: has ``wav.scp`` and, where utterances are parts of recordings, ``segments``.
        utterances: those that are wanted; by default all.
        skipped: collects utterances whose audio cannot be used; by default they raise.
        allow_pipe: run entries of ``wav.scp`` that are a command and ``|``, without a shell.
        max_seconds: longer utterances cannot be used; by default there is no limit.

    Attributes:
        entries: utterance -> `Entry`, of those that have a recording, in the order of ``wav.scp``.

    Raises:
        InputError: a table is faulty, or ``skipped`` raises because an utterance or its recording has no line.

    Example:
        >>> audio = UtteranceAudio("dump/train")  # doctest: +SKIP
        >>> for utterance in audio.entries:  # doctest: +SKIP
        ...     recording = audio.read(utterance)
    """

    def __init__(
        self,
        data_dir: str | Path,
        utterances: Collection[str] | None = None,
        *,
        skipped: Skipped | None = None,
        allow_pipe: bool = False,
        max_seconds: float | None = None,
    ):
        self.data_dir = Path(data_dir)
        self.skipped = skipped or Skipped()
        self.allow_pipe = allow_pipe
        self.max_seconds = max_seconds
        self.entries = self._read_entries(utterances)
        self._lengths = read_table_if_there(self.data_dir / UTT2NUM_SAMPLES)
        self._recording: tuple[str, Recording | InputError] | None = None

    def read(self, utterance: str) -> Recording | None:
        """Reads one utterance at its own sampling rate; None where it is skipped.

        Raises:
            InputError: the audio cannot be used, or is too long; names file, line and utterance.
        """
        entry = self.entries[utterance]
        try:
            recording = self._read_recording(entry)
            cut = recording if entry.end is None else self._cut(recording, entry)
            check_seconds(cut.seconds, self.max_seconds)
        except InputError as error:
            self.skipped.add(utterance, f"{self.where(utterance)}: {error}")
            return None
        return cut

    def waveforms(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yields (utterance, (N,) float32 at 16 kHz) of all utterances that can be used."""
        for utterance in self.entries:
            recording = self.read(utterance)
            if recording is not None:
                yield utterance, resample(recording.samples, recording.sample_rate)

    def num_samples(self, utterance: str) -> int | None:
        """Returns the length at 16 kHz, from ``utt2num_samples`` or the headers of files; None where it is skipped.

        Raises:
            InputError: as `read`.
        """
        entry = self.entries[utterance]
        try:
            number = self._stated_samples(utterance) if self._lengths else self._header_samples(entry)
            check_seconds(number / SAMPLE_RATE, self.max_seconds)
        except InputError as error:
            self.skipped.add(utterance, f"{self.where(utterance)}: {error}")
            return None
        return number

    def stamp(self, utterance: str) -> tuple:
        """Returns what changes when the utterance's audio does; see `AudioLocation.stamp`."""
        entry = self.entries[utterance]
        return (*AudioLocation.parse(entry.value).stamp(), entry.start, entry.end)

    def source(self, utterance: str) -> AudioLocation | None:
        """Returns the place that holds the utterance and nothing else; None of a part of a recording."""
        entry = self.entries[utterance]
        return AudioLocation.parse(entry.value) if entry.end is None else None

    def where(self, utterance: str) -> str:
        """Names an utterance for an error: table, line and key; of a part of a set, those of the set."""
        entry = self.entries[utterance]
        line = self._line_of_set(entry.recording) or f"{self.data_dir / WAV_SCP}:{entry.line}"
        where = f"{line}: '{entry.recording}'"
        return where if entry.end is None else f"{where}: utterance '{utterance}'"

    def _line_of_set(self, recording: str) -> str | None:
        source = self.data_dir / SOURCE
        if not source.exists():
            return None
        scp = Path(source.read_text(encoding="utf-8").rstrip("\n")) / WAV_SCP
        numbers = (number for number, key, _ in table_lines(scp) if key == recording) if scp.exists() else iter(())
        return next((f"{scp}:{number}" for number in numbers), None)

    def _read_recording(self, entry: Entry) -> Recording:
        if self._recording is None or self._recording[0] != entry.recording:
            self._recording = None  # frees the one before
            try:
                read = AudioLocation.parse(entry.value).read(allow_pipe=self.allow_pipe)
            except InputError as error:
                read = error
            if entry.end is None and isinstance(read, Recording):
                return read
            self._recording = (entry.recording, read)
        read = self._recording[1]
        if isinstance(read, InputError):
            raise read
        return read

    def _cut(self, recording: Recording, entry: Entry) -> Recording:
        first, last = self._bounds(len(recording.samples), recording.sample_rate, entry)
        return recording._replace(samples=recording.samples[first:last])

    def _bounds(self, num_samples: int, rate: int, entry: Entry) -> tuple[int, int]:
        first, last = 0, 0
        if 0 <= entry.start < entry.end <= num_samples / rate + SLACK_SECONDS:
            first, last = round(entry.start * rate), min(round(entry.end * rate), num_samples)
        if first >= last:
            length = f"{num_samples / rate:.2f} s"
            raise InputError(f"it runs from {entry.start} to {entry.end} s of {length}; correct segments")
        return first, last

    def _stated_samples(self, utterance: str) -> int:
        stated = self._lengths.get(utterance)
        if stated is None:
            raise InputError(f"has no line in {UTT2NUM_SAMPLES}; make both tables again with extract_attributes")
        if not stated.isdecimal():
            raise InputError(f"'{stated}' in {UTT2NUM_SAMPLES} is not a number of samples")
        return int(stated)

    def _header_samples(self, entry: Entry) -> int:
        number, rate = AudioLocation.parse(entry.value).native_length(allow_pipe=self.allow_pipe)
        if entry.end is not None:
            first, last = self._bounds(number, rate, entry)
            number = last - first
        return resampled_length(number, rate)

    def _read_entries(self, utterances: Collection[str] | None) -> dict[str, Entry]:
        scp, path = self.data_dir / WAV_SCP, self.data_dir / SEGMENTS
        segments = _read_segments(path, utterances) if path.exists() else None
        entries: dict[str, Entry] = {}
        for number, recording, value in table_lines(scp):
            if segments is None:
                if utterances is None or recording in utterances:
                    entries[recording] = Entry(number, recording, value)
            else:
                for utt, start, end in segments.pop(recording, ()):
                    entries[utt] = Entry(number, recording, value, start, end)
        for recording, parts in (segments or {}).items():
            for utt, *_ in parts:
                self.skipped.add(utt, f"{scp}: recording '{recording}' of '{utt}' has no line; add it, or leave it out")
        table = scp if segments is None else path
        for utt in sorted(set(utterances or ()) - entries.keys() - self.skipped.reasons.keys()):
            self.skipped.add(utt, f"{table}: '{utt}' has no line; add it, or leave it out")
        return entries


def _read_segments(path: Path, utterances: Collection[str] | None) -> dict[str, list[tuple[str, float, float]]]:
    """Reads recording -> its (utterance, start, end), of the utterances that are wanted."""
    segments: dict[str, list[tuple[str, float, float]]] = {}
    for utt, value in read_table(path).items():
        try:
            recording, start, end = value.split()
            if utterances is None or utt in utterances:
                segments.setdefault(recording, []).append((utt, float(start), float(end)))
        except ValueError:
            raise InputError(f"{path}: '{utt}': a line reads '<utterance> <recording> <start> <end>'") from None
    return segments
