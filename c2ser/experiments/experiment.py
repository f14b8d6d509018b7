"""Experiments: commands that are run for all combinations of conditions, folds and seeds, from one YAML file.

The YAML has three sections. A name in braces, such as ``{fold}``, is replaced by a parameter or by the value of a loop;
see `c2ser.experiments.templates`.

- ``parameters``: names and defaults, among them ``exp``, the folder of logs and results. A list is several words.
  ``directory``, where commands are run, is added to them.
- ``loops``: names and lists of values. A mapping instead of a list gives each value parameters of its own; among them,
  ``after`` names another value of the loop, whose runs are done first.
- ``tasks``: names and what is done, in this order; see `Task`.
"""

import glob
import logging
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from c2ser.data.files import atomic_write
from c2ser.errors import C2SERError, InputError
from c2ser.experiments.commands import Commands
from c2ser.experiments.templates import expand_text, expand_words
from c2ser.settings import build_from_mapping, read_config

logger = logging.getLogger(__name__)

SECTIONS = ("parameters", "loops", "tasks")
EXP, AFTER = "exp", "after"


@dataclass(frozen=True)
class Task:
    """What is done for each combination of some loops.

    Attributes:
        commands: run one after the other.
        loops: names of loops; without them the task is run once, with its output on the terminal.
        first: names of loops of which only the first value is taken.
        creates: files; a combination is done if all of them exist.
        joins: files, and for each the words that name the files whose contents it gets, before the commands.
        removes: patterns of files that are deleted at the end.
        sequential: run one combination at a time.
        on_request: of its loops, the one of which values have to be chosen; without a choice the task is not run.
    """

    commands: Sequence[str] = ()
    loops: Sequence[str] = ()
    first: Sequence[str] = ()
    creates: Sequence[str] = ()
    joins: Mapping[str, str] = field(default_factory=dict)
    removes: Sequence[str] = ()
    sequential: bool = False
    on_request: str | None = None


@dataclass(frozen=True)
class Run:
    """A task for one combination of values.

    Attributes:
        task: the name of the task.
        values: those of the task's loops.
        parameters: all parameters, the values of the loops among them.
        waits: True if a run of another condition has to be done first.
    """

    task: str
    values: Mapping[str, object]
    parameters: Mapping[str, object]
    waits: bool

    def __str__(self) -> str:
        return ", ".join([self.task, *(f"{name} {value}" for name, value in self.values.items())])


class Experiment:
    """The tasks of an experiment and the values that they are run for.

    Args:
        config: the YAML file.
        changes: new values of parameters, or chosen values of loops, separated by commas.
        directory: where commands are run, to which all paths are relative.

    Raises:
        InputError: the YAML or a change names something that does not exist.

    Example:
        >>> changes = {"source_dir": "/data/emodb", "fold": "1,2"}  # doctest: +SKIP
        >>> Experiment("conf/ablation.yaml", changes, directory=".").run(num_jobs=2)  # doctest: +SKIP
    """

    def __init__(self, config: str | Path, changes: Mapping[str, str], *, directory: str | Path):
        self.config, self.directory = Path(config), Path(directory).resolve()
        mapping = read_config(config)
        if set(mapping) != set(SECTIONS) or EXP not in mapping["parameters"]:
            raise InputError(f"{config}: its sections are {', '.join(SECTIONS)}, and '{EXP}' is among the parameters")
        self.parameters = {"directory": str(self.directory), **mapping["parameters"]}
        self.loops = {name: _by_value(values) for name, values in mapping["loops"].items()}
        self.tasks = {
            name: build_from_mapping(Task, task, name=name, file=config) for name, task in mapping["tasks"].items()
        }
        for name, task in self.tasks.items():
            if unknown := sorted({*task.loops, *task.first, *filter(None, [task.on_request])} - self.loops.keys()):
                raise InputError(f"{config}: {name}: no loop '{unknown[0]}'; there are {', '.join(self.loops)}")
        self._chosen = changes.keys() & self.loops.keys()
        for name, value in changes.items():
            self._change(name, value)

    def _change(self, name: str, value: str) -> None:
        if name in self.loops:
            values = {str(known): known for known in self.loops[name]}
            chosen = value.replace(",", " ").split()
            if unknown := [word for word in chosen if word not in values]:
                raise InputError(f"{self.config}: {name} has no '{unknown[0]}'; there are {', '.join(values)}")
            self.loops[name] = {values[word]: self.loops[name][values[word]] for word in chosen}
        elif name in self.parameters:
            self.parameters[name] = shlex.split(value) if isinstance(self.parameters[name], list) else value
        else:
            known = ", ".join([*self.parameters, *self.loops])
            raise InputError(f"{self.config}: no parameter or loop '{name}'; there are {known}")

    def run(self, num_jobs: int) -> None:
        """Runs the tasks one after the other, each for all combinations that are not done yet.

        Args:
            num_jobs: combinations that run at the same time.

        Raises:
            C2SERError: runs have failed; the others of the same task have finished.
        """
        for name, task in self.tasks.items():
            if task.on_request not in (None, *self._chosen):
                continue
            runs = list(self.runs(name))
            left = [run for run in runs if not self.is_done(run)]
            if len(left) < len(runs):
                logger.info("%s: %d of %d runs are done already", name, len(runs) - len(left), len(runs))
            for waits in (False, True):
                self._run_all([run for run in left if run.waits == waits], 1 if task.sequential else num_jobs)

    def runs(self, task: str) -> Iterator[Run]:
        """Yields the runs of a task, for all combinations of its loops."""
        loops, first = self.tasks[task].loops, self.tasks[task].first
        choices = [self.loops[name].items() for name in loops]
        choices += [list(self.loops[name].items())[:1] for name in first]
        for combination in product(*choices):
            chosen = {name: value for name, (value, _) in zip((*loops, *first), combination, strict=True)}
            parameters = dict(self.parameters)
            for _, own in combination:
                parameters |= own
            waits = parameters.pop(AFTER, None) is not None
            yield Run(task, {name: chosen[name] for name in loops}, parameters | chosen, waits)

    def is_done(self, run: Run) -> bool:
        """Returns True if all files that a run creates exist."""
        creates = self.tasks[run.task].creates
        return bool(creates) and all(self._path(path, run).exists() for path in creates)

    def _run_all(self, runs: Sequence[Run], num_jobs: int) -> None:
        commands = Commands(self.directory)
        with ThreadPoolExecutor(num_jobs) as pool:
            try:
                results = list(pool.map(lambda run: self._run(run, commands), runs))
            except BaseException:  # Ctrl-C, or a command that does not exist
                pool.shutdown(wait=False, cancel_futures=True)
                commands.stop()
                raise
        if failed := [str(run) for run, succeeded in zip(runs, results, strict=True) if not succeeded]:
            raise C2SERError(
                f"{len(failed)} of {len(runs)} runs failed: {'; '.join(failed)}; their logs are named above"
            )

    def _run(self, run: Run, commands: Commands) -> bool:
        """Does what a task does for one combination; returns False if a command fails."""
        task, log = self.tasks[run.task], self._log(run)
        for target, sources in task.joins.items():
            self._join(self._path(target, run), expand_words(sources, run.parameters, loops=self.loops))
        for command in task.commands:
            if commands.call(expand_words(command, run.parameters, loops=self.loops), log) != 0:
                logger.error("%s: failed%s", run, f"; see {log}" if log else "")
                return False
        for pattern in task.removes:
            for path in glob.glob(str(self._path(pattern, run))):
                Path(path).unlink()
        logger.info("%s: done", run)
        return True

    def _join(self, target: Path, sources: Sequence[str]) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target, "wb") as file:
            for source in sources:
                with open(self.directory / source, "rb") as part:
                    shutil.copyfileobj(part, file)

    def _log(self, run: Run) -> Path | None:
        if not run.values:
            return None
        name = ".".join([run.task, *(f"{name}_{value}" for name, value in run.values.items()), "log"])
        log = self._path(f"{{{EXP}}}", run) / "log" / name
        log.parent.mkdir(parents=True, exist_ok=True)
        return log

    def _path(self, template: str, run: Run) -> Path:
        return self.directory / expand_text(template, run.parameters)


def _by_value(values: Sequence | Mapping) -> dict:
    """Returns the values of a loop, each with its own parameters."""
    return {value: dict(values[value] or {}) if isinstance(values, Mapping) else {} for value in values}
