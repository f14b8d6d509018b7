"""How a corpus is divided to probe an encoder on all of it: EmoBox's folds, or one speaker left out at a time."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from c2ser.corpora.emobox import label_set, read_sets
from c2ser.data.data_dir import write_data_dir
from c2ser.data.splits import leave_one_speaker_out
from c2ser.data.tables import read_table
from c2ser.errors import InputError


class Fold(NamedTuple):
    """The utterances to train on, to score and, where the protocol has them, to choose hyperparameters on."""

    train: set[str]
    test: set[str]
    dev: set[str] | None = None


@dataclass(frozen=True)
class Protocol:
    """A corpus as a data directory, and its folds, numbered from 1."""

    name: str
    data_dir: Path
    folds: list[Fold]


def emobox_protocol(emobox_dir: str | Path, audio_dir: str | Path, data_dir: str | Path) -> Protocol:
    """Reads EmoBox's folds, which are one where it has one split, and writes their utterances as a data directory.

    Args:
        emobox_dir: EmoBox's ``data/<name>``.
        audio_dir: the corpus's own folder.
        data_dir: the directory to write.

    Raises:
        InputError: there are no folds, a list is missing or faulty, or audio is missing.
    """
    emobox_dir = Path(emobox_dir).resolve()
    numbers = sorted(int(path.name.removeprefix("fold_")) for path in emobox_dir.glob("fold_[0-9]*"))
    if not numbers:
        raise InputError(
            f"{emobox_dir}: no folders fold_1, fold_2, ...; is it EmoBox's data/<name>? A corpus without them can be"
            " imported by c2ser.bin.import_emobox and given as --data_dir"
        )
    utterances, folds = {}, []
    for number in numbers:
        sets = read_sets(emobox_dir, Path(audio_dir), number)
        if lacking := [name for name in ("train", "test") if not sets.get(name)]:
            raise InputError(f"{emobox_dir}/fold_{number}: no utterance for {lacking[0]}; get EmoBox again")
        utterances |= {utt.id: utt for utts in sets.values() for utt in utts}
        folds.append(Fold(**{name: {utt.id for utt in utts} for name, utts in sets.items()}))
    write_data_dir(data_dir, utterances.values(), label_set(emobox_dir, {"all": list(utterances.values())}))
    return Protocol(emobox_dir.name, Path(data_dir), folds)


def speaker_protocol(data_dir: str | Path) -> Protocol:
    """Leaves out one speaker of the labelled utterances a fold, in the order of their ids.

    Args:
        data_dir: has ``utt2spk`` and ``utt2emo``.

    Raises:
        InputError: there are fewer than three speakers, or each utterance is its own speaker, as where speakers are
            not known.
    """
    data_dir = Path(data_dir)
    utt2spk, labels = read_table(data_dir / "utt2spk"), read_table(data_dir / "utt2emo")
    labelled = {utt: speaker for utt, speaker in utt2spk.items() if utt in labels}
    n_speakers = len(set(labelled.values()))
    if n_speakers < 3 or n_speakers == len(labelled):
        raise InputError(
            f"{data_dir}/utt2spk: {n_speakers} speakers of {len(labelled)} labelled utterances; leaving one out takes 3"
            " or more with several utterances each: use EmoBox's folds (--emobox_dir), or --train_dir and --test_dir"
        )
    divided = (leave_one_speaker_out(labelled, fold) for fold in range(1, n_speakers + 1))
    return Protocol(str(data_dir), data_dir, [Fold(sets["train"] | sets["dev"], sets["test"]) for sets in divided])
