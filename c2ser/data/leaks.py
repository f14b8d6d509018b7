"""What test sets have in common with the sets that are trained on: audio, speakers, sentences."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.names import TEXT
from c2ser.data.overlaps import Overlap, find_overlaps, speaker_line, speakers
from c2ser.errors import InputError

REPORT = "leaks.json"  # of the folder that has the sets

Pair = tuple[str, str]


@dataclass(frozen=True)
class Leaks:
    """What the sets share.

    Attributes:
        train: names of the sets that are trained on; the first is the labelled training set.
        dev: name of the set that chooses models; None where there is none.
        tests: names of the sets to report.
        audio: (set, set) -> the same audio in both.
        speakers: (set, set) -> speakers in both.
        sentences: (set, set) -> transcripts in both, without punctuation and case.
    """

    train: tuple[str, ...]
    dev: str | None
    tests: tuple[str, ...]
    audio: dict[Pair, Overlap]
    speakers: dict[Pair, Overlap]
    sentences: dict[Pair, Overlap]

    @property
    def pairs(self) -> list[Pair]:
        """Pairs of sets that should be apart: test sets from what is trained on and from dev, dev from the former."""
        learned = [*self.train, *([self.dev] if self.dev else [])]
        pairs = [(first, self.dev) for first in self.train if self.dev]
        pairs += [(first, test) for test in self.tests for first in learned]
        return [(first, second) for first, second in dict.fromkeys(pairs) if first != second]

    def lines(self) -> list[str]:
        """Returns the report, one line per finding."""
        lines = [f"audio: {line}" for line in map(audio_line, self._of_pairs(self.audio))]
        lines += [f"audio: {line}" for line in self._copies()]
        lines += [f"speakers: {line}" for line in map(speaker_line, self._of_pairs(self.speakers))]
        return lines + [f"sentences: {line}" for line in map(sentence_line, self._of_pairs(self.sentences))]

    def summary(self) -> list[str]:
        """Returns one line per test set: what it has of the training set."""
        lines = []
        for name in self.tests:
            pair = (self.train[0], name)
            if pair[0] != name:
                said = self.sentences[pair]
                text = f"{said.share:.1%} of the transcripts are in it" if said.total else "sentences unknown"
                lines.append(
                    f"{name}: {self.audio[pair].utterances} utterances have audio of {pair[0]}, speakers"
                    f" {self.speakers[pair].status}, {text}"
                )
        return lines

    def errors(self, *, same_audio: bool = False, same_speakers: bool = True) -> list[str]:
        """Returns what forbids a training, one line each.

        Args:
            same_audio: allow audio of a test set in what is trained on.
            same_speakers: allow speakers of a test set in what is trained on.
        """
        lines: list[str] = []
        for pair in ((first, test) for test in self.tests for first in self.train if first != test):
            if not same_audio and self.audio[pair].shared:
                lines.append(f"audio: {audio_line(self.audio[pair])}")
            if not same_speakers and self.speakers[pair].status != "apart":
                lines.append(f"speakers: {speaker_line(self.speakers[pair])}")
        return lines

    def as_json(self) -> dict:
        """Returns the report as JSON has it: the sets, and per kind and pair the fields of `Overlap`."""
        kinds = {"audio": self.audio, "speakers": self.speakers, "sentences": self.sentences}
        found = {name: [asdict(overlap) for overlap in self._of_pairs(kind)] for name, kind in kinds.items()}
        copies = [asdict(self.audio[name, name]) for name in (*self.train, *self.tests)]
        return {"train": self.train, "dev": self.dev, "tests": self.tests, **found, "copies": copies}

    def _of_pairs(self, kind: dict[Pair, Overlap]) -> Iterator[Overlap]:
        return (kind[pair] for pair in self.pairs)

    def _copies(self) -> Iterator[str]:
        for name in dict.fromkeys([*self.train, *([self.dev] if self.dev else []), *self.tests]):
            copies = self.audio[name, name]
            if copies.utterances:
                yield f"{name}: {copies.utterances} utterances repeat the audio of another one: {_examples(copies)}"


def find_leaks(
    train_dirs: Sequence[str | Path],
    test_dirs: Sequence[str | Path],
    *,
    dev_dir: str | Path | None = None,
    hashes: Callable[[Path], Iterable[tuple[str, str | None]]],
) -> Leaks:
    """Compares test sets with the sets that are trained on.

    Args:
        train_dirs: the labelled training set first; also unlabelled sets.
        test_dirs: the sets to report; one that is trained on as well is compared with the others only.
        dev_dir: the set that chooses models.
        hashes: data directory -> its (utterance, hash of the audio), such as `c2ser.data.audio_hash.audio_hashes`.

    Raises:
        InputError: two sets have the same name, or a table is faulty.

    Example:
        >>> leaks = find_leaks(["dump/train"], ["dump/test"], hashes=audio_hashes)  # doctest: +SKIP
        >>> print(*leaks.lines(), sep="\\n")  # doctest: +SKIP
    """
    sets: dict[str, Path] = {}
    for path in map(Path, [*train_dirs, *([dev_dir] if dev_dir else []), *test_dirs]):
        if sets.setdefault(path.name, path).resolve() != path.resolve():
            raise InputError(f"{path}: has the name of {sets[path.name]}; give sets with different names")
    return Leaks(
        tuple(Path(path).name for path in train_dirs),
        Path(dev_dir).name if dev_dir else None,
        tuple(Path(path).name for path in test_dirs),
        audio=find_overlaps({name: hashes(path) for name, path in sets.items()}),
        speakers=find_overlaps({name: speakers(path) for name, path in sets.items()}),
        sentences=find_overlaps({name: sentences(path) for name, path in sets.items()}),
    )


def reported_speakers(data_dir: str | Path) -> Overlap | None:
    """Reads from the report beside a test set what it has of the training set's speakers.

    Args:
        data_dir: the test set, in the folder of the report.

    Returns:
        The comparison with the labelled training set; None where there is no report, or not of this set.

    Raises:
        InputError: the report is not one.

    Example:
        >>> reported_speakers("dump/test")
    """
    report = read_report(Path(data_dir).parent)
    return report and report.speakers.get((report.train[0], Path(data_dir).name))


def read_report(folder: str | Path) -> Leaks | None:
    """Reads the report of the sets in a folder.

    Args:
        folder: has the sets, such as ``dump``.

    Returns:
        The report, without what is repeated within a set; None where there is none.

    Raises:
        InputError: it is not a report.

    Example:
        >>> read_report("dump").pairs  # doctest: +SKIP
        [('train', 'dev'), ('train', 'test'), ('dev', 'test')]
    """
    path = Path(folder) / REPORT
    if not path.is_file():
        return None
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if not report["train"]:
            raise ValueError("no training set")
        kinds = [
            {(one["first"], one["second"]): Overlap(**one) for one in report[kind]}
            for kind in ("audio", "speakers", "sentences")
        ]
        return Leaks(tuple(report["train"]), report["dev"], tuple(report["tests"]), *kinds)
    except (ValueError, TypeError, KeyError):
        raise InputError(f"{path}: not a report of check_leaks; delete it, or run check_leaks again") from None


def sentences(data_dir: str | Path) -> Iterator[tuple[str, str | None]]:
    """Yields (utterance, its transcript without punctuation and case), None where there is none.

    Example:
        >>> dict(sentences("data/test"))["anna-1"]  # doctest: +SKIP
        'you broke your promise once again'
    """
    for utterance, text in DataDir(data_dir).iterate(optional=[TEXT]):
        yield utterance, " ".join(re.findall(r"\w+", (text or "").casefold())) or None


def audio_line(overlap: Overlap) -> str:
    """Says in one line how much audio two sets have in common.

    Example:
        >>> audio_line(Overlap("train", "test", 1, 9, utterances=1, total=9, unknown=0, examples=(("b-1", "a-1"),)))
        'train and test: 1 of 9 utterances of test have the audio of one of train: b-1 (= a-1)'
    """
    names = f"{overlap.first} and {overlap.second}"
    if overlap.shared:
        count = f"{overlap.utterances} of {overlap.total} utterances of {overlap.second}"
        return f"{names}: {count} have the audio of one of {overlap.first}: {_examples(overlap)}"
    left_out = f", {overlap.unknown} utterances were not compared" if overlap.unknown else ""
    return f"{names}: no audio in common{left_out}"


def sentence_line(overlap: Overlap) -> str:
    """Says in one line which share of a set's utterances have a transcript that the other set has.

    Example:
        >>> sentence_line(Overlap("train", "test", 1, 9, utterances=3, total=12, unknown=0))
        'train and test: 25.0% of the transcribed utterances of test (3 of 12) have a sentence of train'
    """
    names = f"{overlap.first} and {overlap.second}"
    if not overlap.total:
        return f"{names}: not compared, because {overlap.second} has no transcripts"
    return (
        f"{names}: {overlap.share:.1%} of the transcribed utterances of {overlap.second} ({overlap.utterances} of"
        f" {overlap.total}) have a sentence of {overlap.first}"
    )


def _examples(overlap: Overlap) -> str:
    named = ", ".join(f"{utterance} (= {other})" for utterance, other in overlap.examples)
    return named + (", ..." if overlap.utterances > len(overlap.examples) else "")
