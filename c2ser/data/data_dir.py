"""Kaldi data directories: write, check, subset, split and combine them.

A directory holds tables sorted by key. ``wav.scp`` is written last, so where it exists the directory is whole.
"""

import math
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from c2ser.data.files import atomic_write
from c2ser.data.tables import read_table, sort_key, write_table
from c2ser.emotions import EMOTIONS, read_emotions
from c2ser.errors import InputError

# Tables with a line an utterance, beside `wav.scp` and other `.scp` files.
UTTERANCE_TABLES = (
    "utt2spk",
    "utt2emo",
    "text",
    "utt2lang",
    "text_asr",
    "utt2lang_asr",
    "utt2corpus",
    "segments",
    "utt2dur",
    "utt2num_samples",
    "attributes",
    "attribute_reasons",
    "attribute_levels",
    "explicit",
    "implicit",
)
GENDERS = ("m", "f")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance of a corpus; what is not known stays None.

    Attributes:
        id: starts with the speaker, so that sorting by utterance sorts by speaker too.
        wav: the audio file, of any format that libsndfile reads.
        speaker: the speaker's id; where unknown the utterance's id.
        emotion: a canonical name (`c2ser.emotions.EMOTIONS`); None where the utterance is unlabelled.
        text: the transcript.
        language: ISO 639-1.
        gender: ``m`` or ``f``.
        corpus: the name of the corpus.
        recording: the id of the recording that the file is, where the utterance is only a part of it.
        start: where the utterance begins in the recording, in seconds.
        end: where it ends, in seconds.
    """

    id: str
    wav: Path
    speaker: str
    emotion: str | None = None
    text: str | None = None
    language: str | None = None
    gender: str | None = None
    corpus: str | None = None
    recording: str | None = None
    start: float | None = None
    end: float | None = None


def write_emotions(path: str | Path, emotions: Collection[str]) -> None:
    """Writes a label set, one name a line, in the order of the vocabulary."""
    with atomic_write(path) as file:
        file.writelines(f"{emotion}\n" for emotion in EMOTIONS if emotion in emotions)


def write_data_dir(
    directory: str | Path, utterances: Iterable[Utterance], emotions: Collection[str], corpus: str | None = None
) -> int:
    """Writes wav.scp (absolute paths), utt2spk, spk2utt, utt2emo and, where known, text, utt2lang, utt2corpus,
    spk2gender and segments.

    Args:
        directory: the set's folder; tables of an earlier call are replaced.
        utterances: in any order.
        emotions: the label set.
        corpus: the name of the corpus of those that do not name theirs.

    Returns:
        The number of utterances.

    Raises:
        InputError: there is no utterance, an id is a duplicate or has spaces, an emotion is not in the label set, a
            path cannot be written to a table, or only some utterances are parts of recordings. The directory is then
            left as it was.
    """
    tables: dict[str, dict[str, str]] = {name: {} for name in ("wav.scp", "utt2spk", "utt2emo")}
    known: dict[str, dict[str, str]] = {
        name: {} for name in ("text", "utt2lang", "utt2corpus", "spk2gender", "segments")
    }
    for utt in utterances:
        where = f"{directory}: utterance '{utt.id}'"
        if utt.id in tables["utt2spk"]:
            other = tables["wav.scp"].get(utt.id, "a part of a recording")
            raise InputError(f"{where} is a duplicate ({other} and {utt.wav}); make the ids unique")
        _check_word(utt.id, where, "its id")
        _check_word(utt.speaker, where, f"speaker '{utt.speaker}'")
        tables["utt2spk"][utt.id] = utt.speaker
        _add_audio(utt, tables["wav.scp"], known["segments"], where)
        if utt.emotion is not None:
            if utt.emotion not in emotions:
                raise InputError(f"{where}: unknown emotion '{utt.emotion}'; the label set is {', '.join(emotions)}")
            tables["utt2emo"][utt.id] = utt.emotion
        if text := " ".join((utt.text or "").split()):
            known["text"][utt.id] = text
        if utt.language is not None:
            known["utt2lang"][utt.id] = utt.language
        if name := utt.corpus or corpus:
            known["utt2corpus"][utt.id] = name
        if utt.gender is not None:
            if known["spk2gender"].setdefault(utt.speaker, utt.gender) != utt.gender or utt.gender not in GENDERS:
                raise InputError(f"{where}: speaker '{utt.speaker}' needs one gender, m or f, not '{utt.gender}'")
    if not tables["utt2spk"]:
        raise InputError(f"{directory}: no utterance to write; check the folder or the list they come from")
    if known["segments"] and known["segments"].keys() != tables["utt2spk"].keys():
        whole = min(tables["utt2spk"].keys() - known["segments"].keys())
        raise InputError(f"{directory}: '{whole}' is a whole file, others are parts of recordings; write two sets")
    tables["spk2utt"] = _spk2utt(tables["utt2spk"])
    for name in known:
        (Path(directory) / name).unlink(missing_ok=True)
    _write_tables(Path(directory), tables | {name: table for name, table in known.items() if table})
    return len(tables["utt2spk"])


def subset_data_dir(source: str | Path, target: str | Path, utterances: Collection[str]) -> None:
    """Writes the part of a data directory that has the given utterances, with all its tables.

    Raises:
        InputError: none of the utterances is in ``source``, or a table is faulty.
    """
    wanted = set(utterances)
    _distribute(Path(source), [Path(target)], lambda names: [[name for name in names if name in wanted]])


def split_data_dir(directory: str | Path, num_splits: int, output_dir: str | Path | None = None) -> list[Path]:
    """Splits a data directory into ``split<n>/1`` to ``split<n>/<n>``, in its order, sizes equal but for one utterance.

    Args:
        directory: the whole data directory.
        num_splits: the number of parts.
        output_dir: the folder of ``split<n>``, by default the data directory itself.

    Returns:
        The folders of the parts.

    Raises:
        InputError: there are fewer utterances than parts, or a table is faulty.
    """
    directory = Path(directory)
    parts = part_dirs(output_dir or directory, num_splits)

    def blocks(names: list[str]) -> list[list[str]]:
        if len(names) < num_splits:
            raise InputError(
                f"{directory}: {len(names)} utterances cannot be split into {num_splits} parts; lower --nj"
            )
        edges = [len(names) * part // num_splits for part in range(num_splits + 1)]
        return [names[start:end] for start, end in zip(edges, edges[1:])]

    _distribute(directory, parts, blocks)
    return parts


def part_dirs(directory: str | Path, num_splits: int) -> list[Path]:
    """Returns the folders ``split<n>/1`` to ``split<n>/<n>`` of a directory."""
    return [Path(directory) / f"split{num_splits}" / str(part) for part in range(1, num_splits + 1)]


def merge_data_dir(directory: str | Path, num_splits: int, names: Sequence[str] = ()) -> None:
    """Merges tables of ``split<n>/1`` to ``split<n>/<n>`` into the directory itself.

    Args:
        directory: the folder that holds ``split<n>``.
        num_splits: the number of parts.
        names: the tables to merge; without names all, which makes ``directory`` a whole data directory.

    Raises:
        InputError: a part lacks one of the tables, which means that its job did not finish.
    """
    parts = part_dirs(directory, num_splits)
    if not names:
        combine_data_dirs(parts, directory)
    for name in names:
        write_table(Path(directory) / name, _joined([part / name for part in parts]))


def combine_data_dirs(sources: Sequence[str | Path], target: str | Path, labelled_only: bool = False) -> None:
    """Combines data directories into one; a table that only some of them have is combined from these.

    Args:
        sources: the directories.
        target: the folder to write.
        labelled_only: leave out utterances that have no line in ``utt2emo``.

    Raises:
        InputError: an utterance stands in two of them, a speaker has two genders, or one of them is not whole.
    """
    sources = [Path(source) for source in sources]
    tables = {}
    for name in dict.fromkeys(name for source in sources for name in _utterance_tables(source)):
        paths = [source / name for source in sources]
        if name == "wav.scp":  # parts of a set may share a recording
            tables[name] = _joined(paths, repeated=True)
        else:
            tables[name] = _joined([path for path in paths if path.exists()])
    if labelled_only:
        utts = tables["utt2emo"].keys()
        for name in tables:
            if name != "wav.scp" or "segments" not in tables:
                tables[name] = {utt: value for utt, value in tables[name].items() if utt in utts}
    tables["spk2utt"] = _spk2utt(tables["utt2spk"])
    genders = [source / "spk2gender" for source in sources if (source / "spk2gender").exists()]
    if genders:
        tables["spk2gender"] = _joined(genders, repeated=True)
    _write_tables(Path(target), tables)


def validate_data_dir(
    directory: str | Path, emotions: Collection[str] | None = None, *, allow_pipe: bool = False
) -> list[str]:
    """Finds all faults of a data directory.

    Args:
        directory: the set's folder, such as ``data/train``.
        emotions: the label set; by default the file ``emotions`` beside the folder, or without it the vocabulary.
        allow_pipe: accept entries of ``wav.scp`` that are a command and ``|``.

    Returns:
        One line per fault: file, line, what is wrong. Empty for a directory without fault.
    """
    directory = Path(directory)
    if emotions is None:
        label_file = directory.parent / "emotions"
        emotions = read_emotions(label_file) if label_file.is_file() else tuple(EMOTIONS)
    return _Validation(directory, emotions, allow_pipe).faults


class _Validation:
    """Collects the faults of one directory; each table is kept as {key: (line number, value)}."""

    def __init__(self, directory: Path, emotions: Collection[str], allow_pipe: bool):
        self.directory = directory
        self.emotions = emotions
        self.allow_pipe = allow_pipe
        self.faults: list[str] = []
        required = [name for name in ("wav.scp", "utt2spk", "spk2utt") if not (directory / name).is_file()]
        self.faults += [f"{directory / name}: no such file; a data directory needs it" for name in required]
        if "utt2spk" in required:
            return
        self.utt2spk = self._table("utt2spk")
        if not self.utt2spk:
            self.faults.append(f"{directory}: the set is empty; prepare it again")
        self.segments = self._table("segments")
        self._check_recordings()
        self._check_speakers()
        self._check_values()

    def _fault(self, name: str, number: int, what: str) -> None:
        self.faults.append(f"{self.directory / name}:{number}: {what}")

    def _table(self, name: str) -> dict[str, tuple[int, str]]:
        path = self.directory / name
        table: dict[str, tuple[int, str]] = {}
        last = b""
        for number, line in enumerate(path.read_bytes().splitlines() if path.is_file() else (), 1):
            try:
                key, _, value = line.decode("utf-8").strip().partition(" ")
            except UnicodeDecodeError:
                self._fault(name, number, "not UTF-8; convert the file with iconv")
                continue
            if not key or not value.strip():
                self._fault(name, number, f"'{key}' has no value; each line reads '<key> <value>'")
            elif key in table:
                self._fault(name, number, f"'{key}' stands twice; keep one of the lines")
            else:
                if sort_key(key) < last:
                    self._fault(name, number, f"'{key}' is out of order; sort the file with LC_ALL=C sort")
                table[key] = (number, value.strip())
                last = sort_key(key)
        return table

    def _check_recordings(self) -> None:
        recordings = self._table("wav.scp")
        for recording, (number, entry) in recordings.items():
            if entry.endswith("|"):
                if self.allow_pipe:
                    continue
                self._fault("wav.scp", number, f"'{recording}' is a shell pipe; write its output to a file instead")
            elif not os.path.isfile(entry):
                self._fault("wav.scp", number, f"'{recording}': no such file {entry}")
            elif os.path.getsize(entry) == 0:
                self._fault("wav.scp", number, f"'{recording}': empty file {entry}")
        for utt, (number, value) in self.segments.items():
            if problem := _segment_fault(value, recordings):
                self._fault("segments", number, f"'{utt}': {problem}")
        self._check_same_utterances("segments" if self.segments else "wav.scp", self.segments or recordings)

    def _check_same_utterances(self, name: str, table: Mapping[str, tuple[int, str]]) -> None:
        for utt, (number, _) in self.utt2spk.items():
            if utt not in table:
                self._fault("utt2spk", number, f"'{utt}' has no line in {name}")
        self._check_known_utterances(name, table)

    def _check_known_utterances(self, name: str, table: Mapping[str, tuple[int, str]]) -> None:
        for utt, (number, _) in table.items():
            if utt not in self.utt2spk:
                self._fault(name, number, f"'{utt}' has no line in utt2spk")

    def _check_speakers(self) -> None:
        listed: set[tuple[str, str]] = set()
        spk2utt = self._table("spk2utt")
        for speaker, (number, utts) in spk2utt.items():
            for utt in utts.split():
                listed.add((speaker, utt))
                if self.utt2spk.get(utt, (0, None))[1] != speaker:
                    self._fault("spk2utt", number, f"'{speaker}' lists '{utt}', which utt2spk does not give to it")
        for utt, (number, speaker) in self.utt2spk.items():
            if (speaker, utt) not in listed:
                self._fault("utt2spk", number, f"'{utt}' is not listed under '{speaker}' in spk2utt")
        for speaker, (number, gender) in self._table("spk2gender").items():
            if speaker not in spk2utt:
                self._fault("spk2gender", number, f"'{speaker}' has no line in spk2utt")
            if gender not in GENDERS:
                self._fault("spk2gender", number, f"'{speaker}': gender '{gender}' is neither m nor f")

    def _check_values(self) -> None:
        for name in _utterance_tables(self.directory):
            if name in ("utt2spk", "segments", "wav.scp"):
                continue
            table = self._table(name)
            self._check_known_utterances(name, table)
            for utt, (number, value) in table.items():
                if name == "utt2emo" and value not in self.emotions:
                    labels = ", ".join(self.emotions)
                    self._fault(name, number, f"'{utt}': unknown emotion '{value}'; the label set is {labels}")
                if name in ("utt2lang", "utt2lang_asr") and not (
                    len(value) == 2 and value.isascii() and value.islower()
                ):
                    self._fault(name, number, f"'{utt}': '{value}' is no language code of ISO 639-1 such as en")
                if name in ("utt2dur", "utt2num_samples") and not _number(value) > 0:
                    self._fault(name, number, f"'{utt}': '{value}' is no positive number")


def _segment_fault(value: str, recordings: Collection[str]) -> str | None:
    fields = value.split()
    if len(fields) != 3:
        return "a line reads '<utterance> <recording> <start> <end>'"
    recording, start, end = fields[0], _number(fields[1]), _number(fields[2])
    if recording not in recordings:
        return f"recording '{recording}' has no line in wav.scp"
    if not 0 <= start < end < math.inf:
        return f"a segment from {fields[1]} to {fields[2]} s is empty or impossible"
    return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _check_word(word: str, where: str, what: str) -> None:
    if len(word.split()) != 1 or word != word.strip():
        raise InputError(f"{where}: {what} is empty or has spaces; use letters, digits, '-' and '_'")


def _add_audio(utt: Utterance, recordings: dict[str, str], segments: dict[str, str], where: str) -> None:
    entry = _path_entry(utt.wav, where)
    if utt.recording is None:
        recordings[utt.id] = entry
        return
    _check_word(utt.recording, where, f"recording '{utt.recording}'")
    if recordings.setdefault(utt.recording, entry) != entry:
        raise InputError(f"{where}: recording '{utt.recording}' has two files, {recordings[utt.recording]} and {entry}")
    if utt.start is None or utt.end is None:
        raise InputError(f"{where}: a part of recording '{utt.recording}' needs its start and end in seconds")
    segments[utt.id] = f"{utt.recording} {utt.start:.3f} {utt.end:.3f}"


def _path_entry(path: Path, where: str) -> str:
    """Checks that a path survives as the rest of a line, and is no pipe."""
    entry = os.path.abspath(path)
    try:
        entry.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{where}: the path {entry!r} is not UTF-8; rename the file") from None
    if entry != " ".join(entry.splitlines()).strip() or entry.endswith("|"):
        raise InputError(f"{where}: the path {entry!r} ends with a space or '|' or has a line break; rename the file")
    return entry


def _spk2utt(utt2spk: Mapping[str, str]) -> dict[str, str]:
    groups: dict[str, list[str]] = {}
    for utt in sorted(utt2spk, key=sort_key):
        groups.setdefault(utt2spk[utt], []).append(utt)
    return {speaker: " ".join(utts) for speaker, utts in groups.items()}


def _utterance_tables(directory: Path) -> list[str]:
    names = [name for name in UTTERANCE_TABLES if (directory / name).is_file()]
    return names + sorted(path.name for path in directory.glob("*.scp"))


def _write_tables(directory: Path, tables: Mapping[str, Mapping[str, str]]) -> None:
    open_directory(directory, tables["utt2spk"])
    for name in sorted(tables, key="wav.scp".__eq__):
        write_table(directory / name, tables[name])


def open_directory(directory: Path, utt2spk: Mapping[str, str]) -> None:
    """Takes ``wav.scp`` away, which comes back last, and all other tables too where they are of other utterances."""
    (directory / "wav.scp").unlink(missing_ok=True)
    if (directory / "utt2spk").exists() and read_table(directory / "utt2spk") != utt2spk:
        for name in ("spk2gender", *_utterance_tables(directory)):
            (directory / name).unlink(missing_ok=True)


def _joined(paths: Sequence[Path], repeated: bool = False) -> dict[str, str]:
    """Reads tables as one; a key in two of them is an error unless ``repeated``, with the same value, is meant."""
    joined: dict[str, str] = {}
    for path in paths:
        table = read_table(path)
        for key in sorted(joined.keys() & table.keys(), key=sort_key):
            if not repeated or joined[key] != table[key]:
                raise InputError(f"{path}: '{key}' stands in another of the directories too; make the ids unique")
        joined |= table
    return joined


def _distribute(source: Path, targets: Sequence[Path], choose: Callable[[list[str]], list[list[str]]]) -> None:
    """Writes to each target the utterances that ``choose`` gives it, one table in memory at a time.

    Tables by speaker and, where there are segments, by recording go with the utterances that need them.
    """
    utt2spk = read_table(source / "utt2spk")
    parts = choose(list(utt2spk))
    for target, part in zip(targets, parts):
        if not part:
            raise InputError(f"{source}: no utterance is left for {target}; check how the set is divided")
        own_utt2spk = {utt: utt2spk[utt] for utt in part}
        open_directory(target, own_utt2spk)
        write_table(target / "spk2utt", _spk2utt(own_utt2spk))
    keys_of = dict.fromkeys(_utterance_tables(source), parts)
    if (source / "spk2gender").exists():
        keys_of["spk2gender"] = [{utt2spk[utt] for utt in part} for part in parts]
    if (source / "segments").exists():
        recording = {utt: value.split()[0] for utt, value in read_table(source / "segments").items()}
        keys_of["wav.scp"] = [{recording[utt] for utt in part} for part in parts]
    for name in sorted(keys_of, key="wav.scp".__eq__):
        table = read_table(source / name)
        for target, keys in zip(targets, keys_of[name]):
            write_table(target / name, {key: table[key] for key in keys if key in table})
