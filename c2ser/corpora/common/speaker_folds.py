"""Folds of ours, by speaker, of corpora whose EmoBox folds have the same speakers in train and test.

They are files of the package, ``c2ser/corpora/speaker_folds/<corpus>.yaml``; the command speaker_folds makes them.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from c2ser.corpora.common.corpus import Corpus
from c2ser.corpora.emobox.sets import listed_sets
from c2ser.data.data_dir import DataDir
from c2ser.data.names import SPK2GENDER, UTT2EMO, UTT2SPK
from c2ser.data.speaker_sets import Counts, read_counts
from c2ser.data.speaker_split import class_deviation, gaps, speaker_folds
from c2ser.data.speakers import known_speaker
from c2ser.errors import InputError

LISTS = Path(__file__).parents[1] / "speaker_folds"


@dataclass(frozen=True)
class SpeakerFolds:
    """The folds of a corpus.

    Attributes:
        corpus: its name.
        speakers: how many there are.
        utterances: how many they have; one per emotion where only the speakers were known.
        class_deviation: the largest difference of an emotion's share between a fold and the corpus, in points.
        gaps: pairs of a fold and an emotion that the fold lacks.
        source_sha256: of the metadata or tables that the folds were made from.
        folds_sha256: of the folds.
        folds: speakers of each, sorted, without the name of the corpus before them.
    """

    corpus: str
    speakers: int
    utterances: int
    class_deviation: float
    gaps: int
    source_sha256: str
    folds_sha256: str
    folds: list[list[str]]

    def text(self, command: str) -> str:
        """Returns the YAML, which begins with the command that makes it; a line has a fold."""
        facts = {name: value for name, value in asdict(self).items() if name != "folds"}
        folds = "".join(f"- {json.dumps(fold, ensure_ascii=False)}\n" for fold in self.folds)
        return f"# Made by: {command}\n{yaml.safe_dump(facts, sort_keys=False)}folds:\n{folds}"

    def of_speakers(self, names: Iterable[str]) -> list[list[str]]:
        """Returns the folds with the names that speakers have in a data directory.

        Args:
            names: the data directory's speakers, which may have the corpus's name before them; some may be missing.

        Raises:
            InputError: a speaker is in no fold, or a fold has none of the speakers.
        """
        own = {short_name(name, self.corpus): name for name in names}
        listed = {speaker for fold in self.folds for speaker in fold}
        path = LISTS / f"{self.corpus}.yaml"
        if strange := sorted(own.keys() - listed):
            raise InputError(
                f"{path}: {len(strange)} speakers of the data are in no fold, such as '{strange[0]}'; the data are of"
                " another release: divide them with split_by_speaker"
            )
        folds = [[own[speaker] for speaker in fold if speaker in own] for fold in self.folds]
        if not all(folds):
            number = folds.index([]) + 1
            raise InputError(f"{path}: fold {number} has no speaker of the data; divide them with split_by_speaker")
        return folds


def short_name(speaker: str, corpus: str) -> str:
    """Returns a speaker's name without the corpus's before it.

    Example:
        >>> short_name("urdu_SM5", "urdu"), short_name("03", "emodb")
        ('SM5', '03')
    """
    return speaker.removeprefix(f"{corpus}_")


def folds_of_metadata(metadata_dir: Path, *, num_folds: int | None = None) -> SpeakerFolds:
    """Makes folds of the utterances that EmoBox lists; no audio is needed.

    Args:
        metadata_dir: EmoBox's ``data/<name>``.
        num_folds: see `c2ser.data.speaker_split.speaker_folds`.

    Raises:
        InputError: there is no list of all utterances, or a speaker is unknown, or there is one only.

    Example:
        >>> folds_of_metadata(Path("EmoBox/data/urdu")).folds[0]  # doctest: +SKIP
        ['SF10', 'SM1', ...]
    """
    name = metadata_dir.name
    counts: Counts = {}
    sexes: dict[str, str] = {}
    for utterance in listed_sets(metadata_dir)["all"]:
        if utterance.emotion is None:
            continue
        if known_speaker(utterance.id, utterance.speaker) is None:
            raise InputError(f"{metadata_dir}: the speaker of '{utterance.id}' is unknown; speakers cannot be divided")
        speaker = short_name(utterance.speaker, name)
        counts.setdefault(speaker, Counter())[utterance.emotion] += 1
        if utterance.gender:
            sexes[speaker] = utterance.gender
    if len(counts) < 2:
        raise InputError(f"{metadata_dir}: one speaker only; a test on other speakers needs two or more")
    folds = speaker_folds(counts, sexes=sexes, num_folds=num_folds)
    return _described(name, folds, counts, source=_sha256([metadata_dir / f"{name}.jsonl"]))


def folds_of_data(data_dir: Path, corpus: str, *, num_folds: int | None = None) -> SpeakerFolds:
    """Makes folds of a data directory.

    Args:
        data_dir: the whole corpus.
        corpus: its name.
        num_folds: see `c2ser.data.speaker_split.speaker_folds`.

    Raises:
        InputError: a speaker is unknown, or there is one only.

    Example:
        >>> folds_of_data(Path("data/all"), "tess").folds  # doctest: +SKIP
        [['OAF'], ['YAF']]
    """
    data = DataDir(data_dir)
    counts, sexes = read_counts(data)
    counts = {short_name(speaker, corpus): own for speaker, own in counts.items()}
    sexes = {short_name(speaker, corpus): sex for speaker, sex in sexes.items()}
    tables = [data.table(name) for name in (UTT2SPK, UTT2EMO, SPK2GENDER) if data.has(name)]
    folds = speaker_folds(counts, sexes=sexes, num_folds=num_folds)
    return _described(corpus, folds, counts, source=_sha256(tables))


def folds_of_corpus(corpus: Corpus, *, num_folds: int | None = None) -> SpeakerFolds:
    """Makes folds of a corpus whose speakers all say the same, such as TESS, from what c2ser knows of them.

    Args:
        corpus: with speakers and labels.
        num_folds: see `c2ser.data.speaker_split.speaker_folds`.

    Raises:
        InputError: fewer than two speakers are known.

    Example:
        >>> from c2ser.corpora import get_corpus
        >>> folds_of_corpus(get_corpus("tess")).folds
        [['OAF'], ['YAF']]
    """
    counts = {speaker: Counter(corpus.emotions) for speaker in corpus.speakers}
    if len(counts) < 2:
        raise InputError(f"{corpus.name}: {len(counts)} speakers are known; give its metadata or data")
    sexes = {speaker: known.sex for speaker, known in corpus.speakers.items() if known.sex}
    folds = speaker_folds(counts, sexes=sexes, num_folds=num_folds)
    source = json.dumps([sorted(counts), sexes, corpus.emotions], sort_keys=True)
    return _described(corpus.name, folds, counts, source=hashlib.sha256(source.encode()).hexdigest())


def listed_corpora() -> list[str]:
    """Returns the names of the corpora that have such folds."""
    return sorted(path.stem for path in LISTS.glob("*.yaml"))


def read_speaker_folds(corpus: str) -> SpeakerFolds:
    """Reads the folds of a corpus.

    Raises:
        InputError: there are none, or the file was changed by hand.

    Example:
        >>> len(read_speaker_folds("emodb").folds)
        4
    """
    path = LISTS / f"{corpus}.yaml"
    if not path.is_file():
        raise InputError(f"{path}: no such file; folds by speaker are there for {', '.join(listed_corpora())}")
    folds = SpeakerFolds(**yaml.safe_load(path.read_text(encoding="utf-8")))
    if folds.folds_sha256 != _folds_sha256(folds.folds):
        raise InputError(f"{path}: the folds are not those of folds_sha256; get the file again")
    return folds


def _described(corpus: str, folds: Sequence[Sequence[str]], counts: Counts, *, source: str) -> SpeakerFolds:
    return SpeakerFolds(
        corpus,
        len(counts),
        sum(own.total() for own in counts.values()),
        round(100 * class_deviation(folds, counts), 1),
        gaps(folds, counts),
        source,
        _folds_sha256(folds),
        [list(fold) for fold in folds],
    )


def _folds_sha256(folds: Sequence[Sequence[str]]) -> str:
    lines = (f"{speaker} {number}\n" for number, fold in enumerate(folds, 1) for speaker in fold)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha256(paths: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
