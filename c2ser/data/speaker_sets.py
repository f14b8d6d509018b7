"""Divides a data directory by speakers into train, dev and test."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.names import SPK2GENDER, UTT2EMO, UTT2SPK
from c2ser.data.speakers import known_speaker
from c2ser.data.splits import stratified_hold_out
from c2ser.data.tables import lines_by_key
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SETS = ("train", "dev", "test")
UNLABELLED = "unlabelled"  # counted like an emotion

Counts = dict[str, Counter[str]]


def read_counts(data: DataDir) -> tuple[Counts, dict[str, str]]:
    """Counts what each speaker of a data directory says with each emotion.

    Returns:
        Speaker -> emotion, or `UNLABELLED` -> utterances; and speaker -> ``m`` or ``f``, where known.

    Raises:
        InputError: speakers are unknown, or there is one only.

    Example:
        >>> counts, sexes = read_counts(DataDir("data/all"))  # doctest: +SKIP
    """
    counts: Counts = {}
    unknown = 0
    for utterance, speaker, emotion in data.iterate(UTT2SPK, optional=[UTT2EMO]):
        counts.setdefault(speaker, Counter())[emotion or UNLABELLED] += 1
        unknown += known_speaker(utterance, speaker) is None
    table = data.table(UTT2SPK)
    if unknown:
        raise InputError(
            f"{table}: the speakers of {unknown} of {len(data)} utterances are unknown; name them, or divide the set by"
            " utterances (subset_data_dir), whose figures are optimistic"
        )
    if len(counts) < 2:
        raise InputError(f"{table}: one speaker only, {', '.join(counts)}; a test on other speakers needs two or more")
    return counts, data.read_optional(SPK2GENDER)


def fold_sets(folds: Sequence[Sequence[str]], fold: int) -> dict[str, list[str]]:
    """Returns the speakers of each set of a fold: the fold's are test, the next one's dev, all others train.

    Of two folds the other one is train, and there is no dev.

    Args:
        folds: the speakers of each.
        fold: from 1.

    Raises:
        InputError: there is no such fold.

    Example:
        >>> fold_sets([["a"], ["b"], ["c"]], 3)
        {'train': ['b'], 'dev': ['a'], 'test': ['c']}
    """
    if not 1 <= fold <= len(folds):
        raise InputError(f"no fold {fold}; there are {len(folds)}")
    test, dev = fold - 1, fold % len(folds) if len(folds) > 2 else None
    train = [speaker for place, own in enumerate(folds) if place not in (test, dev) for speaker in own]
    return {"train": train} | ({} if dev is None else {"dev": list(folds[dev])}) | {"test": list(folds[test])}


def read_list(path: Path, speakers: Iterable[str]) -> dict[str, list[str]]:
    """Reads which speakers are in which set.

    Args:
        path: lines ``<speaker> <train, dev or test>``, in any order.
        speakers: those that have to be there.

    Raises:
        InputError: a line has another set, or a speaker is unknown, missing or a duplicate.

    Example:
        >>> read_list(Path("speakers.txt"), ["anna", "bert", "carl"])  # doctest: +SKIP
        {'train': ['anna'], 'dev': ['bert'], 'test': ['carl']}
    """
    known, listed = set(speakers), set()
    sets: dict[str, list[str]] = {name: [] for name in SETS}
    for number, speaker, name in lines_by_key(path):
        if name not in sets:
            raise InputError(f"{path}:{number}: '{speaker}': unknown set '{name}'; a speaker is in {', '.join(SETS)}")
        if speaker not in known:
            raise InputError(f"{path}:{number}: '{speaker}' is not a speaker of the data; delete the line")
        sets[name].append(speaker)
        listed.add(speaker)
    if lacking := sorted(known - listed):
        raise InputError(f"{path}: no line for {len(lacking)} speakers, such as '{lacking[0]}'; add them")
    return {name: own for name, own in sets.items() if own}


def write_speaker_sets(
    whole: DataDir,
    output_dir: Path,
    *,
    sets: Mapping[str, Sequence[str]],
    counts: Counts,
    dev_fraction: float = 0.1,
) -> None:
    """Writes a data directory per set; the log has speakers, utterances and emotions of each.

    Args:
        whole: the data.
        output_dir: receives ``train``, ``dev`` and ``test``.
        sets: set -> its speakers.
        counts: of the data, see `read_counts`.
        dev_fraction: of train's utterances of each emotion, which become dev where no speaker is left for it.

    Raises:
        InputError: train or test has no speaker, or train lacks an emotion.
    """
    _check_sets(whole, sets, counts)
    for name, own in sets.items():
        chosen = frozenset(own)
        whole.filter(output_dir / name, lambda utt, speaker, chosen=chosen: speaker in chosen, UTT2SPK)
    if "dev" not in sets:
        train = DataDir(output_dir / "train")
        emotions = {utt: emotion or UNLABELLED for utt, emotion in train.iterate(optional=[UTT2EMO])}
        drawn = stratified_hold_out(emotions, dev_fraction)
        train.subset(output_dir / "dev", drawn)
        train.subset(train, emotions.keys() - drawn)
        logger.warning("%s: speakers of train, as no other one is left", output_dir / "dev")
    for name in SETS:
        logger.info("%s", _summary(DataDir(output_dir / name)))


def _check_sets(whole: DataDir, sets: Mapping[str, Sequence[str]], counts: Counts) -> None:
    if lacking := [name for name in ("train", "test") if not sets.get(name)]:
        raise InputError(f"{whole}: no speaker for {' and '.join(lacking)}; divide it in another way")
    emotions = {name: _sum(counts, own).keys() - {UNLABELLED} for name, own in sets.items()}
    for name, own in emotions.items():
        if missing := sorted(own - emotions["train"]):
            owners = sorted(speaker for speaker in sets[name] if counts[speaker].keys() & set(missing))
            raise InputError(
                f"{whole}: train has no utterance of {', '.join(missing)}; {name} has, of {', '.join(owners[:5])};"
                " divide it in another way, or leave the emotion out"
            )


def _sum(counts: Counts, speakers: Iterable[str]) -> Counter[str]:
    return sum((counts[speaker] for speaker in speakers), Counter())


def _summary(data: DataDir) -> str:
    rows = data.iterate(UTT2SPK, optional=[UTT2EMO])
    speakers, emotions = set(), Counter()
    for _, speaker, emotion in rows:
        speakers.add(speaker)
        emotions[emotion or UNLABELLED] += 1
    classes = ", ".join(f"{emotion} {count}" for emotion, count in sorted(emotions.items()))
    return f"{data}: {len(speakers)} speakers, {emotions.total()} utterances: {classes}"
