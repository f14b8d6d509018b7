"""Several corpora as the data of one training: which they are, what each gives, and how they are combined.

A YAML file lists them:

- ``corpora``: name -> `Part`. Names are put before ids and speakers, and stand in ``utt2corpus``.
- ``temperature`` or, of each part, ``weight``: their shares in batches; neither where each utterance comes once.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from c2ser.data.label_sets import write_label_sets
from c2ser.data.names import CORPUS_EMOTIONS, LABEL_SET
from c2ser.data.prefixes import combine_corpora
from c2ser.data.writing import write_emotions
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.settings import build_from_mapping, read_config

TRAIN, DEV, TEST, UNLABELLED = ROLES = ("train", "dev", "test", "unlabelled")


@dataclass(frozen=True)
class Part:
    """What a corpus gives.

    Attributes:
        corpus: its name in c2ser; by default the part's.
        source_dir: its folder, absolute or below the one that is given for all; by default the part's name.
        weight: its share in batches, relative to the others'.
        sets: ``train``, ``dev``, ``test`` or ``unlabelled`` -> names of the sets that prepare_corpus writes. By default
            the first three are the sets of the same names.
        options: further options of prepare_corpus, such as ``protocol: loso``.
    """

    corpus: str = ""
    source_dir: str = ""
    weight: float | None = None
    sets: Mapping[str, str | Sequence[str]] = field(default_factory=lambda: {name: name for name in ROLES[:3]})
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def directories(self, role: str, folder: Path) -> list[Path]:
        """Returns the data directories that have a role, below the corpus's folder."""
        names = self.sets.get(role, ())
        return [folder / name for name in ([names] if isinstance(names, str) else names)]


@dataclass(frozen=True)
class Joint:
    """Corpora that are trained on, or tested, together.

    Attributes:
        corpora: name -> what it gives.
        temperature: of their shares in batches.
    """

    corpora: Mapping[str, Part]
    temperature: float | None = None

    def trained(self, *, leave_out: str | None = None, only: str | None = None) -> list[str]:
        """Returns the names of the corpora to train on.

        Args:
            leave_out: one that is only tested.
            only: the one to train on; all are tested.

        Raises:
            InputError: there is none of that name, or none is left.
        """
        able = [name for name, part in self.corpora.items() if {TRAIN, UNLABELLED} & set(part.sets)]
        for name in filter(None, (leave_out, only)):
            if name not in able:
                raise InputError(f"no corpus '{name}' is trained on; there are {', '.join(able)}")
        chosen = [only] if only else [name for name in able if name != leave_out]
        if not any(TRAIN in self.corpora[name].sets for name in chosen):
            raise InputError("no corpus with labels is left to train on")
        return chosen

    def having(self, role: str, among: Collection[str] | None = None) -> list[str]:
        """Returns the names of the corpora that give sets of a role."""
        return [name for name, part in self.corpora.items() if role in part.sets and (among is None or name in among)]

    def options(self, trained: Sequence[str]) -> dict[str, str]:
        """Returns the options of ser.sh that the corpora ask for.

        Args:
            trained: the corpora to train on.
        """
        mix = ""
        if len(trained) > 1 and self.temperature is not None:
            mix = f"--corpus_temperature {self.temperature}"
        elif len(trained) > 1 and self.corpora[trained[0]].weight is not None:
            mix = " ".join(f"--corpus_weights {name}={self.corpora[name].weight}" for name in trained)
        return {
            "unlabelled_sets": UNLABELLED if self.having(UNLABELLED, trained) else "",
            "mix_options": mix,
            "test_sets": " ".join(f"{TEST}_{name}" for name in self.having(TEST)),
        }


def read_joint(path: str | Path) -> Joint:
    """Reads the YAML file of several corpora.

    Raises:
        InputError: a key or a value is wrong, a name has other characters than letters, digits and ``_``, or some
            corpora have a weight and others none.

    Example:
        >>> read_joint("egs/c2ser/conf/small/corpora.yaml").having("test")  # doctest: +SKIP
        ['emodb', 'urdu', 'ased']
    """
    joint = build_from_mapping(Joint, read_config(path), file=path)
    for name, part in joint.corpora.items():
        if not re.fullmatch(r"\w+", name, re.ASCII):
            raise InputError(f"{path}: '{name}': letters, digits and '_' make the name of a corpus")
        if unknown := sorted(set(part.sets) - {*ROLES}):
            raise InputError(f"{path}: {name}: sets: '{unknown[0]}' is not one of {', '.join(ROLES)}")
    weighted = [part.weight is not None for part in joint.corpora.values() if {TRAIN, UNLABELLED} & set(part.sets)]
    if any(weighted) and (not all(weighted) or joint.temperature is not None):
        raise InputError(f"{path}: give all corpora that are trained on a weight and no temperature, or none of them")
    return joint


def combine_joint(joint: Joint, prepared: Mapping[str, Path], *, data_dir: Path, trained: Sequence[str]) -> None:
    """Writes the sets of a training on several corpora from those of each.

    These are ``train``, ``dev``, ``test_<corpus>`` for each, ``unlabelled`` where there are such sets, the label set of
    all corpora, and ``corpus_emotions``, the label set of each.

    Args:
        joint: the corpora.
        prepared: corpus -> the folder that prepare_corpus has written.
        data_dir: receives the sets.
        trained: the corpora to train on.

    Raises:
        InputError: a set is missing.
    """

    def directories(role: str, names: Sequence[str]) -> dict[str, list[Path]]:
        return {name: joint.corpora[name].directories(role, prepared[name]) for name in names}

    label_sets = {name: read_emotions(folder / LABEL_SET) for name, folder in prepared.items()}
    for name in joint.having(TEST):
        combine_corpora(directories(TEST, [name]), data_dir / f"{TEST}_{name}")
    for role in (DEV, TRAIN):
        combine_corpora(directories(role, joint.having(role, trained)), data_dir / role)
    if unlabelled := joint.having(UNLABELLED, trained):
        combine_corpora(directories(UNLABELLED, unlabelled), data_dir / UNLABELLED, labelled=False)
    write_emotions(data_dir / LABEL_SET, {emotion for own in label_sets.values() for emotion in own})
    write_label_sets(data_dir / CORPUS_EMOTIONS, label_sets)
