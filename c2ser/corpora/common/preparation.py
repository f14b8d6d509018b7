"""Writes the data directories of a corpus: one set, or train, dev and test by one of its protocols."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus
from c2ser.corpora.common.download import download_archive
from c2ser.corpora.common.reading import CorpusReading
from c2ser.corpora.common.speaker_folds import read_speaker_folds
from c2ser.corpora.emobox.balanced import balanced_list, find_balanced
from c2ser.corpora.emobox.importing import import_fold
from c2ser.data.data_dir import DataDir
from c2ser.data.label_maps import OWN, LabelMap
from c2ser.data.names import LABEL_SET, UTT2EMO, UTT2SPK
from c2ser.data.overlaps import log_shared_speakers
from c2ser.data.speaker_sets import fold_sets, read_counts, write_speaker_sets
from c2ser.data.speakers import speakers_to_divide_by
from c2ser.data.splits import divide_by_speakers, divide_by_utterances, leave_one_speaker_out
from c2ser.data.tables import read_table_if_there
from c2ser.data.writing import write_emotions
from c2ser.emotions import read_emotions
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

EMOBOX_SITE = "https://github.com/emo-box/EmoBox"
SHARES = {"test": 0.2, "dev": 0.1}  # of a corpus that comes undivided; the rest is train


@dataclass(frozen=True)
class Division:
    """How a corpus is divided into train, dev and test.

    Attributes:
        protocol: a key of `Corpus.protocols`.
        fold: from 1.
        emobox_dir: a copy of EmoBox, for the protocols ``emobox`` and ``balanced`` and for corpora that are read by its
            metadata only.
        dev_fraction: fraction of train's utterances of each emotion that become the dev set of an EmoBox fold that has
            none.
        skip_bad: leave out files that cannot be used, and list them in the table ``skipped``.
    """

    protocol: str
    fold: int | None = 1
    emobox_dir: Path | None = None
    dev_fraction: float = 0.1
    skip_bad: bool = False


def download(corpus: Corpus, target: Path) -> None:
    """Downloads a corpus into a folder, unless it is there.

    Raises:
        InputError: the corpus has no public download, or it cannot be had.
    """
    if corpus.archive is None:
        source = f"get it from {corpus.url}" if corpus.url else "see where it comes from"
        raise InputError(f"{corpus.name}: cannot be downloaded automatically; {source} ({corpus.access})")
    folder = corpus.archive.folder
    download_archive(
        corpus.archive, target, by_hand=f"get it from {corpus.url} and put its folder {folder}/ into {target}"
    )


def prepare_set(
    corpus: Corpus,
    source_dir: Path,
    *,
    output_dir: Path,
    sets: Iterable[str] = (),
    language: str | None = None,
    label_map: LabelMap = OWN,
    skip_bad: bool = False,
) -> None:
    """Writes a data directory, and the label set beside it.

    Args:
        corpus: what to read.
        source_dir: the corpus's folder.
        output_dir: the data directory.
        sets: names of the corpus's own sets; by default all.
        language: ISO 639-1, of utterances whose language the corpus does not tell.
        label_map: which emotion a label becomes.
        skip_bad: leave out files that cannot be used, and list them in the table ``skipped``.

    Raises:
        InputError: the corpus cannot be read, or the map names a label that the corpus does not have.
    """
    reading = CorpusReading(corpus, source_dir, language=language, label_map=label_map, skip_bad=skip_bad)
    reading.write(output_dir, sets)
    write_emotions(output_dir.parent / LABEL_SET, reading.label_set())


def prepare_sets(
    corpus: Corpus,
    source_dir: Path,
    *,
    data_dir: Path,
    division: Division,
    language: str | None = None,
    label_map: LabelMap = OWN,
) -> None:
    """Writes ``train``, ``dev``, ``test`` and the label set, ``emotions``, of a corpus.

    The log says which of the sets have speakers in common.

    Args:
        corpus: what to read.
        source_dir: the corpus's folder.
        data_dir: receives them; with the protocol ``official`` all sets of the corpus, with those that divide it here
            also ``all``.
        division: what goes into which set.
        language: ISO 639-1, of utterances whose language the corpus does not tell.
        label_map: which emotion a label becomes.

    Raises:
        InputError: the corpus has no such protocol or fold, or cannot be read, or the map names a label that the corpus
            does not have.
    """
    folds = corpus.protocols.get(division.protocol)
    if folds is None:
        known = ", ".join(corpus.protocols) or "none"
        raise InputError(f"{corpus.name}: no protocol '{division.protocol}'; it has {known}")
    if not 1 <= division.fold <= folds:
        raise InputError(f"{corpus.name}: no fold {division.fold} of {division.protocol}; there are {folds}")
    if division.protocol == "emobox":
        _prepare_emobox(corpus, source_dir, data_dir, division=division, label_map=label_map)
        return
    if division.protocol == "balanced":
        _prepare_balanced(corpus, source_dir, data_dir, division=division, label_map=label_map)
        return
    if division.protocol == "official":
        skip_bad = division.skip_bad
        reading = CorpusReading(corpus, source_dir, language=language, label_map=label_map, skip_bad=skip_bad)
        _prepare_official(reading, data_dir)
    else:
        options = {"division": division, "language": language, "label_map": label_map}
        whole = _prepare_whole(corpus, source_dir, data_dir=data_dir, **options)
        _write_parts(whole, corpus, division=division)
    if division.protocol != "official" or "train" in corpus.sets:
        _check_emotions_of_sets(data_dir)
    log_shared_speakers([data_dir / name for name in ("train", "dev", "test")])


def _prepare_whole(
    corpus: Corpus,
    source_dir: Path,
    *,
    data_dir: Path,
    division: Division,
    language: str | None,
    label_map: LabelMap,
) -> DataDir:
    """Writes ``all`` and the label set; of a corpus that is not read by itself, and has our folds, by EmoBox's list."""
    if corpus.read is None and division.protocol == "speaker_folds":
        _prepare_emobox(corpus, source_dir, data_dir, division=replace(division, fold=None), label_map=label_map)
    else:
        skip_bad = division.skip_bad
        reading = CorpusReading(corpus, source_dir, language=language, label_map=label_map, skip_bad=skip_bad)
        reading.write(data_dir / "all")
        write_emotions(data_dir / LABEL_SET, reading.label_set())
    return DataDir(data_dir / "all")


def _write_parts(whole: DataDir, corpus: Corpus, *, division: Division) -> None:
    """Writes ``train``, ``dev`` and ``test`` beside the whole corpus."""
    data_dir = whole.path.parent
    if division.protocol == "speaker_folds":
        counts, _ = read_counts(whole)
        sets = fold_sets(read_speaker_folds(corpus.name).of_speakers(counts), division.fold)
        write_speaker_sets(whole, data_dir, sets=sets, counts=counts, dev_fraction=division.dev_fraction)
        return
    for name, utterances in _divide(whole, division, session=corpus.session).items():
        whole.subset(data_dir / name, utterances)
        logger.info("%s: %d utterances of %s", data_dir / name, len(utterances), corpus.name)


def _prepare_official(reading: CorpusReading, data_dir: Path) -> None:
    """Writes the corpus's own sets; where it has no dev, train gives a part of its speakers, or of its utterances."""
    sets = reading.corpus.sets
    for name in sets:
        reading.write(data_dir / name, [name])
    write_emotions(data_dir / LABEL_SET, reading.label_set())
    if "train" in sets and "dev" not in sets:
        train = DataDir(data_dir / "train")
        parts = _divide_apart(train, {"dev": SHARES["dev"]})
        train.subset(data_dir / "dev", parts["dev"])
        train.subset(train, parts["train"])
        logger.info("%s: no dev; %d of train's utterances are", data_dir, len(parts["dev"]))


def _divide(whole: DataDir, division: Division, *, session: Callable[[str], str] | None) -> dict[str, set[str]]:
    """Returns the utterances of each set, by a protocol that divides a corpus here."""
    if division.protocol == "session":
        sessions = {utterance: session(speaker) for utterance, speaker in whole.read(UTT2SPK).items()}
        return leave_one_speaker_out(sessions, division.fold)
    if division.protocol == "loso":
        return leave_one_speaker_out(speakers_to_divide_by(whole.table(UTT2SPK)), division.fold)
    if division.protocol == "utterances":
        return _divide_by_utterances(whole, SHARES)
    speakers = sorted(set(whole.read(UTT2SPK).values()))
    if len(speakers) <= len(SHARES):
        only = "one speaker only" if len(speakers) == 1 else f"only {len(speakers)} speakers"
        raise InputError(
            f"{whole.table(UTT2SPK)}: {only}, {' and '.join(speakers)}, for train, dev and test; name more, or divide"
            " it by utterances (--protocol utterances), whose figures are optimistic"
        )
    return divide_by_speakers(whole.read(UTT2SPK), whole.read(UTT2EMO), shares=SHARES)


def _divide_apart(whole: DataDir, shares: Mapping[str, float]) -> dict[str, set[str]]:
    """Divides by speakers where there are enough, or else by utterances."""
    utt2spk = whole.read(UTT2SPK)
    if len(shares) < len(set(utt2spk.values())) < len(utt2spk):
        return divide_by_speakers(utt2spk, whole.read(UTT2EMO), shares=shares)
    return _divide_by_utterances(whole, shares)


def _divide_by_utterances(whole: DataDir, shares: Mapping[str, float]) -> dict[str, set[str]]:
    """Divides each emotion, and what is unlabelled, by itself."""
    return divide_by_utterances(dict.fromkeys(whole.utterances(), "") | whole.read(UTT2EMO), shares)


def _check_emotions_of_sets(data_dir: Path) -> None:
    """Refuses a division that leaves an emotion without an utterance to train on, and warns where others lack one."""
    label_set = read_emotions(data_dir / LABEL_SET)
    for name in ("train", "dev", "test"):
        table = data_dir / name / UTT2EMO
        found = set(read_table_if_there(table).values())
        lacking = [emotion for emotion in label_set if emotion not in found]
        if lacking and name == "train":
            raise InputError(
                f"{table}: no utterance of {', '.join(lacking)}, which the label set {LABEL_SET} has; add some, leave"
                f" the emotion out (--label_map FILE.yaml with '{lacking[0]}: null'), or, where too few speakers have"
                " it, divide by utterances (--protocol utterances), whose figures are optimistic"
            )
        if lacking and found:
            logger.warning("%s: no utterance of %s, so no figure of it", table, ", ".join(lacking))


def _prepare_balanced(
    corpus: Corpus, source_dir: Path, data_dir: Path, *, division: Division, label_map: LabelMap
) -> None:
    """Writes the corpus as ``all``, and EmoBox's balanced set of it as ``test``, whose emotions are the label set."""
    if division.emobox_dir is None:
        raise InputError(f"{corpus.name}: the protocol balanced needs a copy of {EMOBOX_SITE} (--emobox_dir)")
    listed = balanced_list(division.emobox_dir, corpus.name)
    options = {"division": division, "language": None, "label_map": label_map}
    whole = _prepare_whole(corpus, source_dir, data_dir=data_dir, **options)
    test = whole.subset(data_dir / "test", find_balanced(listed, whole))
    write_emotions(data_dir / LABEL_SET, set(test.read(UTT2EMO).values()))
    logger.info("%s: %d utterances of %s", test, len(test), corpus.name)


def _prepare_emobox(
    corpus: Corpus, source_dir: Path, data_dir: Path, *, division: Division, label_map: LabelMap
) -> None:
    metadata_dir = (division.emobox_dir or Path("EmoBox")) / "data" / corpus.name
    if division.emobox_dir is None or not metadata_dir.is_dir():
        raise InputError(
            f"{metadata_dir}: no such folder; the protocol {division.protocol} needs a copy of {EMOBOX_SITE} that has"
            " it (--emobox_dir)"
        )
    import_fold(
        metadata_dir,
        source_dir,
        output_dir=data_dir,
        fold=division.fold,
        dev_fraction=division.dev_fraction,
        skip_bad=division.skip_bad,
        label_map=label_map,
    )
