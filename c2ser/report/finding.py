"""What commands have left below experiment folders, found by what is in the files."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from c2ser.data.commands import noted_command
from c2ser.errors import InputError

SCORE, REASONS, CALIBRATION, STABILITY, INTERVENTIONS = "score", "reasons", "calibration", "stability", "interventions"
# Kind of a result -> keys that only its result.json has.
KEYS = {
    SCORE: {"n_utts", "wa", "ua", "macro_f1", "invalid_rate", "ci95", "per_class"},
    REASONS: {"n_utts", "levels", "cer", "agreement", "ci95", "left_out"},
    CALIBRATION: {"n_utts", "ece", "brier", "reliability", "per_class", "ci95"},
    STABILITY: {"n_utts", "model", "mode", "unchanged"},
    INTERVENTIONS: {"model", "mode", "interventions", "references", "pairs"},
}
RESULT, TABLE, TRAIN_LOG = "result.json", "RESULTS.md", "train.log"
PICTURE = re.compile(r"embeddings?.*\.png")
# Folders without results of their own; those of single folds and conditions are part of others.
PASSED_OVER = re.compile(r"\..*|input|log|answers|conditions|stats|tensorboard|images|vectors|audio|(split|fold_)\d+")


@dataclass(frozen=True)
class Found:
    """A result.

    Attributes:
        kind: of `KEYS`.
        directory: the folder that the command wrote to.
        result: contents of its ``result.json``.
    """

    kind: str
    directory: Path
    result: dict

    @property
    def answers(self) -> Path:
        """The folder of the answers that it is about, which a probe's scores are in themselves."""
        is_own = self.kind == SCORE and self.directory.parent.name == "probe"
        return self.directory if is_own else self.directory.parent

    @property
    def data_dir(self) -> str | None:
        """The data directory, as the command was given it; None where that was not noted."""
        noted = noted_command(self.directory)
        return noted and noted.data_dir


@dataclass(frozen=True)
class Findings:
    """All that was found, in the order of the folders and by path.

    Attributes:
        results: results of all kinds.
        pictures: of embeddings.
        tables: files that ``results`` wrote.
        logs: of trainings.
    """

    results: list[Found] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[Found]:
        """Returns the results of a kind."""
        return [found for found in self.results if found.kind == kind]


def find(exp_dirs: Sequence[str | Path]) -> Findings:
    """Finds what commands have left below folders.

    Args:
        exp_dirs: experiment folders, or those of single models or results.

    Raises:
        InputError: a folder is not there or has no result, or a ``result.json`` cannot be read.

    Example:
        >>> [found.directory.name for found in find(["exp"]).of_kind("score")]  # doctest: +SKIP
        ['score', 'score', 'test']
    """
    findings = Findings()
    for exp_dir in exp_dirs:
        before = len(findings.results)
        for path in _files(Path(exp_dir)):
            if path.name == RESULT:
                findings.results.extend(_read(path))
            elif path.name == TABLE:
                findings.tables.append(path)
            elif path.name == TRAIN_LOG:
                findings.logs.append(path)
            elif PICTURE.fullmatch(path.name):
                findings.pictures.append(path)
        if len(findings.results) == before:
            raise InputError(f"{exp_dir}: has no results; run score, or the recipe's scoring stage, first")
    return findings


def _files(folder: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not PASSED_OVER.fullmatch(name))
        yield from (Path(directory, name) for name in sorted(names))


def _read(path: Path) -> Iterator[Found]:
    """Yields a result, or nothing if another program wrote the file."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError(f"{path}: not JSON; run the command that wrote it again") from None
    if isinstance(result, dict):
        kinds = [kind for kind, keys in KEYS.items() if keys <= result.keys()]
        yield from (Found(kind, path.parent, result) for kind in kinds[:1])
