"""How a corpus is divided to probe an encoder on all of it: EmoBox's folds, or one speaker left out at a time."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from c2ser.corpora.emobox import corpus_dir, fold_numbers, label_set, read_sets
from c2ser.data.data_dir import DataDir
from c2ser.data.names import UTT2EMO, UTT2SPK
from c2ser.data.speakers import MIN_SPEAKERS, describe_unknown_speakers
from c2ser.data.splits import leave_one_speaker_out
from c2ser.errors import InputError


class Fold(NamedTuple):
    """Utterances of one fold.

    Attributes:
        train: to train on.
        test: to score.
        dev: to choose hyperparameters on, where the protocol has them.
    """

    train: set[str]
    test: set[str]
    dev: set[str] | None = None


@dataclass(frozen=True)
class Protocol:
    """A corpus as a data directory, and its folds.

    Attributes:
        name: of the corpus, for tables.
        data_dir: has the utterances of all folds.
        folds: in order; the first is fold 1.
    """

    name: str
    data_dir: Path
    folds: list[Fold]


def emobox_protocol(
    emobox_dir: str | Path, audio_dir: str | Path, *, data_dir: str | Path, skip_bad: bool = False
) -> Protocol:
    """Reads EmoBox's folds, a single one where EmoBox has one split, and writes their utterances as a data directory.

    Args:
        emobox_dir: EmoBox's ``data/<name>``.
        audio_dir: the corpus's own folder.
        data_dir: the directory to write.
        skip_bad: leave out utterances whose audio is missing, and duplicates.

    Raises:
        InputError: there are no folds, a list is missing or faulty, or audio is missing.

    Example:
        >>> protocol = emobox_protocol("EmoBox/data/emodb", "emodb", data_dir="data/emodb")  # doctest: +SKIP
        >>> len(protocol.folds)  # doctest: +SKIP
        5
    """
    emobox_dir = corpus_dir(emobox_dir)
    numbers = fold_numbers(emobox_dir)
    if not numbers:
        raise InputError(
            f"{emobox_dir}: no folders fold_1, fold_2, ...; is it EmoBox's data/<name>? A corpus without them can be"
            " imported by c2ser.bin.import_emobox and given as --data_dir"
        )
    utterances, folds = {}, []
    for number in numbers:
        sets = read_sets(emobox_dir, Path(audio_dir), fold=number, skip_bad=skip_bad)
        if lacking := [name for name in ("train", "test") if not sets.get(name)]:
            raise InputError(f"{emobox_dir}/fold_{number}: no utterance for {lacking[0]}; get EmoBox again")
        utterances |= {utt.id: utt for utts in sets.values() for utt in utts}
        folds.append(Fold(**{name: {utt.id for utt in utts} for name, utts in sets.items()}))
    emotions = label_set(emobox_dir, {"all": list(utterances.values())})
    DataDir(data_dir).write(utterances.values(), emotions)
    return Protocol(emobox_dir.name, Path(data_dir), folds)


def speaker_protocol(data_dir: str | Path) -> Protocol:
    """Leaves out one speaker of the labelled utterances per fold, in the order of their ids.

    Args:
        data_dir: has speakers and emotions.

    Raises:
        InputError: speakers are unknown, or there are fewer than three.
    """
    directory = DataDir(data_dir)
    rows = directory.iterate(UTT2SPK, optional=[UTT2EMO])
    labelled = {utt: speaker for utt, speaker, emotion in rows if emotion is not None}
    n_speakers = len(set(labelled.values()))
    unknown = describe_unknown_speakers(labelled.items())
    if unknown or n_speakers < MIN_SPEAKERS or n_speakers == len(labelled):
        found = unknown or f"{n_speakers} speakers of {len(labelled)} labelled utterances"
        raise InputError(
            f"{directory.table(UTT2SPK)}: {found}; leaving one out takes {MIN_SPEAKERS} or more with several utterances"
            " each: use EmoBox's folds (--emobox_dir), or --train_dir and --test_dir"
        )
    divided = (leave_one_speaker_out(labelled, fold) for fold in range(1, n_speakers + 1))
    return Protocol(
        str(data_dir), directory.path, [Fold(sets["train"] | sets["dev"], sets["test"]) for sets in divided]
    )
