"""Systems side by side: those that answered one set, folds and seeds of a training together."""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.names import SOURCE, UTT2SPK
from c2ser.data.overlaps import shared_or_apart
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.report.finding import SCORE, Findings, Found
from c2ser.report.paths import experiment_name
from c2ser.scoring.metrics import Confusion, confusion_of_pairs
from c2ser.scoring.origins import Origin, read_origin
from c2ser.scoring.pooling import Pool, pool_scores

TEXT_MODE = "text"  # of systems that saw the words alone


@dataclass(frozen=True)
class System:
    """A system's answers to a set.

    Attributes:
        found: its scores.
        experiment: the folder that the model's folder is in.
        model, mode, set: as in the tables of ``results``.
    """

    found: Found
    experiment: Path
    model: str
    mode: str
    set: str

    @property
    def name(self) -> str:
        """Its name within a set."""
        return f"{self.model}, {self.mode}" if self.mode else self.model

    @property
    def answers(self) -> Path:
        """The folder of its answers."""
        return self.found.answers

    @property
    def origin(self) -> Origin | None:
        """Where its answers come from; None where that is not written."""
        return read_origin(self.answers)

    def data_dir(self, dump_dir: str | Path | None = None) -> DataDir | None:
        """Finds the data directory that was answered.

        Args:
            dump_dir: the folder of the data directories; by default what the commands have noted tells it.

        Returns:
            None where it is not found.
        """
        if dump_dir is not None:
            named = [str(Path(dump_dir) / self.set)]
        else:
            split = sorted(self.answers.glob(f"input/split*/1/{SOURCE}"))
            named = [*filter(None, [self.found.data_dir]), *(path.read_text().strip() for path in split)]
        starts = [Path(), *self.answers.resolve().parents]
        places = (start / name for name in named for start in starts)
        return next((DataDir(place) for place in places if (place / UTT2SPK).is_file()), None)


@dataclass(frozen=True)
class Standing:
    """A system in the table of a set.

    Attributes:
        systems: one, or several folds and seeds.
        result: its scores, or those of all of them together.
        num_folds, num_seeds: how many there are.
    """

    systems: list[System]
    result: Mapping
    num_folds: int = 1
    num_seeds: int = 1

    @property
    def name(self) -> str:
        """Its name within a set."""
        return self.systems[0].name

    @property
    def seen(self) -> str:
        """Corpora whose labels, those of test sets included, it was trained on."""
        return next((own.seen for own in self.origins.values() if own.seen), "")

    @property
    def origins(self) -> dict[str, Origin]:
        """Where its answers come from, each once, by the text of it."""
        known = filter(None, (system.origin for system in self.systems))
        return {own.text(): own for own in known}

    @property
    def speakers(self) -> str:
        """Whether its sets' speakers are apart from those that it learned from."""
        if self.seen:
            return "trained on"
        known = [system.found.result.get("speakers") for system in self.systems]
        shared = max((own["shared"] for own in known if own), default=0)
        return shared_or_apart(shared, not all(known) or any(own["unknown"] for own in known if own))

    @property
    def confusion(self) -> Confusion:
        """Counts of all folds and seeds together; without answers that never occur and are never right."""
        pairs = (_counts(system.found.directory / "confusion.tsv") for system in self.systems)
        counted = confusion_of_pairs(sum(pairs, Counter()), EMOTIONS)
        used = [at < len(counted.rows) or counted.counts[:, at].any() for at in range(len(counted.columns))]
        columns = [name for name, is_used in zip(counted.columns, used) if is_used]
        return Confusion(counted.rows, columns, counted.counts[:, used])


@dataclass(frozen=True)
class Board:
    """All systems that answered a set.

    Attributes:
        title: names experiment and set.
        standings: the systems.
    """

    title: str
    standings: list[Standing]

    @property
    def systems(self) -> list[System]:
        """The systems, folds and seeds one by one."""
        return [system for standing in self.standings for system in standing.systems]

    @property
    def is_pooled(self) -> bool:
        """Whether there are several folds or seeds."""
        return any(len(standing.systems) > 1 for standing in self.standings)

    @property
    def has_words(self) -> bool:
        """Whether a system saw the words alone."""
        return any(system.mode == TEXT_MODE for system in self.systems)

    @property
    def floors(self) -> dict[str, Mapping]:
        """Scores of those that did not learn: name -> scores."""
        majority, listeners = self._first("majority"), self.listeners
        return {
            **({f"always {majority['emotion']}": majority} if majority else {}),
            **({"listeners' majority": listeners["majority"]} if listeners else {}),
        }

    @property
    def listeners(self) -> Mapping | None:
        """What listeners would have, of a set with votes that is no pool."""
        return self._first("listeners")

    def _first(self, key: str) -> Mapping | None:
        """Returns what the first result that knows it knows of the set."""
        return next(filter(None, (standing.result.get(key) for standing in self.standings)), None)


def boards(findings: Findings) -> list[Board]:
    """Puts systems that answered one set side by side.

    Experiments whose folders differ in numbers alone, such as ``fold1`` and ``fold2``, are folds or seeds: their
    answers are scored together.

    Raises:
        InputError: scores are of no ``score``.

    Example:
        >>> [board.title for board in boards(find(["exp/fold1", "exp/fold2"]))]  # doctest: +SKIP
        ['exp/fold1 to fold2, test']
    """
    grouped: dict[tuple[str, str], dict[tuple[str, str], list[System]]] = {}
    for found in findings.of_kind(SCORE):
        system = _system(found)
        sets = grouped.setdefault((re.sub(r"\d+", "#", str(system.experiment)), system.set), {})
        sets.setdefault((system.model, system.mode), []).append(system)
    return [_board(name, list(own.values())) for (_, name), own in grouped.items()]


def result_name(found: Found) -> str:
    """Names what a result is about: the model, or the system, with experiment and set."""
    if "model" in found.result:
        return ", ".join(filter(None, [Path(str(found.result["model"])).name, str(found.result["mode"])]))
    system = _system(found)
    return ", ".join(filter(None, [experiment_name(system.experiment), system.name, system.set]))


def _board(name: str, systems: Sequence[list[System]]) -> Board:
    experiments = list(dict.fromkeys(experiment_name(system.experiment) for own in systems for system in own))
    first, last = experiments[0], experiments[-1]
    title = first if len(experiments) == 1 else f"{first} to {os.path.relpath(last, os.path.commonpath([first, last]))}"
    return Board(f"{title}, {name}" if name else title, [_standing(own) for own in systems])


def _standing(systems: list[System]) -> Standing:
    if len(systems) == 1:
        return Standing(systems, systems[0].found.result)
    pool: Pool = pool_scores([system.found.directory / "utt.tsv" for system in systems])
    result = {**pool.result, "n_utts": pool.num_utts}
    return Standing(systems, result, pool.num_folds, pool.num_seeds)


def _system(found: Found) -> System:
    """Names a system by where its scores are."""
    answers = found.answers
    mode = answers.parent.name
    if mode == "probe" or mode.startswith("inference_"):
        model = answers.parent.parent
        return System(found, model.parent, model.name, mode.removeprefix("inference_"), answers.name)
    named = Path(found.data_dir or "").name
    return System(found, answers.parent, answers.name, "", named)


def _counts(path: Path) -> Counter[tuple[str, str]]:
    """Reads how often each pair of reference and answer occurs."""
    try:
        header, *lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
        return Counter({(row, column): int(n) for row, *cells in lines for column, n in zip(header[1:], cells)})
    except (OSError, ValueError):
        raise InputError(f"{path}: not a table of counts; score again") from None
