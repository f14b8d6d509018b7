"""Corpus against corpus: a probe is trained on each and tested on each, on the emotions that all of them have.

References:
    Ma et al.: EmoBox: Multilingual multi-corpus speech emotion recognition toolkit and benchmark (arXiv 2406.07162),
    section on cross-corpus recognition.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from c2ser.data.data_dir import DataDir
from c2ser.data.files import atomic_write
from c2ser.data.names import WAV_SCP
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.probe.classifier import fit_head, recognise
from c2ser.probe.features import LabelledFeatures, load_features
from c2ser.probe.probe import score_recognised
from c2ser.scoring.plot import plot_matrix
from c2ser.scoring.results import footer
from c2ser.scoring.tables import markdown_table, percent

logger = logging.getLogger(__name__)

TRAIN, DEV, TEST = SETS = ("train", "dev", "test")


@dataclass(frozen=True)
class CorpusFeatures:
    """Features of a corpus's sets.

    Attributes:
        name: of the corpus.
        sets: ``train``, ``dev`` and ``test``, as far as there are.
        files: set -> the entries of its audio, by which the same utterances are found again.
    """

    name: str
    sets: Mapping[str, LabelledFeatures]
    files: Mapping[str, frozenset[str]]

    @property
    def emotions(self) -> set[str]:
        """The emotions of all its utterances."""
        return {str(emotion) for features in self.sets.values() for emotion in features.emotions}

    def within(self, emotions: Sequence[str]) -> "CorpusFeatures":
        """Returns what has one of the given emotions."""
        kept = {
            name: features.subset(
                {utt for utt, emotion in zip(features.utterances, features.emotions) if emotion in emotions}
            )
            for name, features in self.sets.items()
        }
        return CorpusFeatures(self.name, kept, self.files)


def load_corpus(folder: str | Path, extract: Callable[[Path], str | Path]) -> CorpusFeatures:
    """Loads the features of a corpus.

    Args:
        folder: has the data directories ``train``, ``dev`` and ``test``, as far as there are; its last part names the
            corpus.
        extract: data directory -> absolute path of the scp file of its features.

    Raises:
        InputError: there is neither train nor test, or as `load_features`.
    """
    directories = {name: DataDir(Path(folder) / name) for name in SETS}
    directories = {name: directory for name, directory in directories.items() if directory.has(WAV_SCP)}
    if not {TRAIN, TEST} & directories.keys():
        raise InputError(f"{folder}: has neither train nor test; prepare_corpus --data_dir {folder} writes them")
    features = {name: load_features(directory, extract(directory.path)) for name, directory in directories.items()}
    files = {name: frozenset(directory.read(WAV_SCP).values()) for name, directory in directories.items()}
    return CorpusFeatures(Path(folder).resolve().name, features, files)


def cross_corpus(
    corpora: Sequence[CorpusFeatures], *, head: str, output_dir: str | Path, model: str, command: str
) -> str:
    """Trains a probe on each corpus that has a training set and scores it on each test set.

    Written are ``<trained on>/<tested on>/`` as `c2ser.scoring.score.score_files` writes it, ``matrix.png`` and
    ``RESULTS.md``. A pair with utterances in both sets is left out.

    Args:
        corpora: at least two.
        head: of `c2ser.probe.classifier.fit_head`.
        output_dir: where the results go.
        model: the encoder's name in the table.
        command: what made the results, for the footer.

    Returns:
        The text of ``RESULTS.md``.

    Raises:
        InputError: the corpora have fewer than two emotions in common, or as `fit_head`.
    """
    output_dir = Path(output_dir)
    emotions = common_emotions(corpora)
    corpora = [corpus.within(emotions) for corpus in corpora]
    trained = [corpus for corpus in corpora if TRAIN in corpus.sets]
    tested = [corpus for corpus in corpora if TEST in corpus.sets]
    values = np.full((len(trained), len(tested)), np.nan)
    for row, source in enumerate(trained):
        probe, _ = fit_head(head, source.sets[TRAIN], dev=source.sets.get(DEV))
        for column, target in enumerate(tested):
            if source.files[TRAIN] & target.files[TEST]:
                logger.info("%s on %s: left out, for utterances are in both sets", source.name, target.name)
                continue
            test = target.sets[TEST]
            pair_dir = output_dir / source.name / target.name
            values[row, column] = score_recognised(test, recognise(probe, test), output_dir=pair_dir)["ua"]
    rows, columns = ([corpus.name for corpus in chosen] for chosen in (trained, tested))
    plot_matrix(values, rows, columns=columns, path=output_dir / "matrix.png", label="UA, %")
    numbers = {corpus.name: len(corpus.sets[TEST].utterances) for corpus in tested}
    text = _report(values, rows, numbers=numbers, emotions=emotions, title=f"{model}, {head}", command=command)
    with atomic_write(output_dir / "RESULTS.md") as file:
        file.write(text)
    return text


def common_emotions(corpora: Sequence[CorpusFeatures]) -> list[str]:
    """Returns the emotions that all corpora have, in the vocabulary's order.

    Raises:
        InputError: they are fewer than two.
    """
    common = set.intersection(*(corpus.emotions for corpus in corpora))
    if len(common) < 2:
        had = "; ".join(f"{corpus.name} has {', '.join(sorted(corpus.emotions))}" for corpus in corpora)
        raise InputError(f"the corpora have {len(common)} emotions in common, two are needed: {had}")
    return [emotion for emotion in EMOTIONS if emotion in common]


def _report(
    values: np.ndarray,
    trained: Sequence[str],
    *,
    numbers: Mapping[str, int],
    emotions: Sequence[str],
    title: str,
    command: str,
) -> str:
    """The table and what it shows; ``numbers`` are the test utterances of each column."""
    rows = []
    for source, row in zip(trained, values, strict=True):
        others = [value for name, value in zip(numbers, row) if name != source and not np.isnan(value)]
        cells = ["-" if np.isnan(value) else percent(value) for value in row]
        rows.append([source, *cells, percent(np.mean(others)) if others else "-"])
    rows.append(["test utterances", *map(str, numbers.values()), ""])
    labels = f"{', '.join(emotions[:-1])} and {emotions[-1]}"
    about = (
        f"UA of {title}: trained on the corpus of the line, tested on that of the column, on the emotions that all of "
        f"them have: {labels}. Utterances of other emotions are left out of training and test; chance is "
        f"{percent(1 / len(emotions))}. The mean is over the other corpora.\n"
    )
    table = markdown_table(["trained on", *numbers, "mean of others"], rows)
    return "\n".join(["# Corpus against corpus\n", about, table, "![UA of each pair](matrix.png)\n", footer(command)])
