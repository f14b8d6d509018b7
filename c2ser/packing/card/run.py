"""What a card says, gathered from the files of the run that trained the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c2ser.checkpoints.experiments import experiment_config
from c2ser.corpora import Corpus, find_corpus
from c2ser.data.commands import logged_command, source_commit, without_folders
from c2ser.data.data_dir import DataDir
from c2ser.data.leaks import Leaks, read_report
from c2ser.data.names import UTT2SPK
from c2ser.languages import language_of
from c2ser.packing.card.figures import Figures, read_figures
from c2ser.packing.card.sets import SetFacts, describe_set


@dataclass(frozen=True)
class Run:
    """A run, as far as its files are there.

    Attributes:
        config: of the training, as ESPnet's trainer wrote it.
        training: sets that were trained on, the labelled one first; none where their folders are not there.
        dev: the set that chose the weights.
        corpora: name of a corpus of the training sets -> what c2ser knows of it, None where it knows nothing.
        figures: by mode and set.
        leaks: what test sets share with those that were trained on; None where that was not compared.
        command: what the user ran; None where that is not known.
        training_command: what the last training was started by, as its log says; None where it does not.
        commit: of the c2ser that packed the model; None where it was not a checkout.
        checkpoint: weights of the training that were packed; None for the averaged best ones.
    """

    config: Mapping[str, Any]
    training: Sequence[SetFacts]
    dev: SetFacts | None
    corpora: Mapping[str, Corpus | None]
    figures: Sequence[Figures]
    leaks: Leaks | None
    command: str | None = None
    training_command: str | None = None
    commit: str | None = None
    checkpoint: str | None = None

    @property
    def answer_languages(self) -> list[str]:
        """Codes of the languages that the model learned to answer in; all are possible where that is not known."""
        spoken = {language for found in self.training for language in found.languages}
        known = self.training and all(found.languages.total() == found.utterances for found in self.training)
        return sorted({language_of(language).code for language in spoken}) if known else []


def read_run(
    alm_exp: str | Path,
    *,
    dump_dir: str | Path | None = None,
    corpora: Sequence[str] = (),
    command: str | None = None,
    checkpoint: str | None = None,
) -> Run:
    """Gathers what the files of a run tell.

    Args:
        alm_exp: the experiment of ``alm_train``, with ``inference_<mode>/<set>``.
        dump_dir: folder of the data directories and of the report of ``check_leaks``; by default that of the set that
            the experiment notes as its dev set.
        corpora: names of the training sets' corpora, where ``utt2corpus`` does not tell them.
        command: what the user ran.
        checkpoint: weights that are packed instead of the averaged best ones, of which the scores are.

    Raises:
        InputError: a file of the run is faulty.

    Example:
        >>> read_run("exp/alm_tiny_implicit").figures[0].result["ua"]  # doctest: +SKIP
        0.97
    """
    config = experiment_config(alm_exp)
    start = _start(Path(alm_exp), Path(config.get("output_dir") or ""))
    train, dev = (start / (config.get(name) or "no such set") for name in ("train_dir", "valid_dir"))
    dump = Path(dump_dir or dev.parent)
    leaks = read_report(dump)
    training = _sets([dump / name for name in leaks.train] if leaks else [train])
    found = {name for facts in training for name in facts.corpora} | set(corpora)
    return Run(
        config,
        training,
        next(iter(_sets([dev])), None),
        {name: find_corpus(name) for name in sorted(found)},
        read_figures(alm_exp) if checkpoint is None else [],
        leaks,
        command and without_folders(command),
        logged_command(Path(alm_exp) / "train.log"),
        source_commit(),
        checkpoint,
    )


def _start(alm_exp: Path, output_dir: Path) -> Path:
    """The folder that the training was started in, to which the paths of its configuration are relative."""
    own, depth = alm_exp.resolve().parts, len(output_dir.parts)
    known = 0 < depth < len(own) and own[-depth:] == output_dir.parts
    return Path(*own[:-depth]) if known else Path()


def _sets(paths: Sequence[Path]) -> list[SetFacts]:
    return [describe_set(path) for path in paths if DataDir(path).has(UTT2SPK)]
