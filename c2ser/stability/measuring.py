"""A model is asked under all conditions, file against file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from c2ser.data.files import atomic_write, write_json
from c2ser.data.names import UTT2EMO, UTT2SCORES, UTT2SPK
from c2ser.data.scores import read_scores
from c2ser.data.tables import read_table, read_table_if_there
from c2ser.emotions import check_emotions
from c2ser.errors import InputError
from c2ser.stability.answering import Question, answer_condition
from c2ser.stability.conditions import ALONE, AUDIO, PROMPTS, SAMPLES, Condition, StabilityConfig, list_conditions
from c2ser.stability.plot import plot_curves
from c2ser.stability.processes import run_tasks
from c2ser.stability.subjects import C2SER, label_set
from c2ser.stability.summary import Answered, summarise_stability
from c2ser.stability.text import stability_text


def measure_stability(question: Question, config: StabilityConfig, *, num_jobs: int = 1) -> dict:
    """Asks a model under all conditions, and writes how far its answers stay the same.

    Written are ``conditions/<name>/`` with the answers, ``answers.tsv`` with all of them, ``curves.png``,
    ``result.txt`` and, last, ``result.json``. The same call after an interruption does the rest and ends with the same
    bytes.

    Args:
        question: which model, which set.
        config: the conditions; a system without prompts is not asked other ones, and its answers are not drawn.
        num_jobs: conditions that are answered at a time, each by a process with a model of its own.

    Returns:
        Contents of ``result.json``: ``model``, ``mode``, and what `summarise_stability` returns.

    Raises:
        InputError: the set has no labels, the model cannot be loaded, or audio cannot be used.

    Example:
        >>> question = Question("exp/packed", "dump/test", "exp/packed/stability")  # doctest: +SKIP
        >>> measure_stability(question, read_conditions())["prompts"]["ua"]["min"]  # doctest: +SKIP
        0.61
    """
    labels, output_dir = _read_labels(Path(question.data_dir)), Path(question.output_dir)
    conditions = ask(question, config, num_jobs=num_jobs)
    answered = _read_answered(question, conditions, labels)
    result = {"model": question.model, "mode": question.mode} | summarise_stability(conditions, answered)
    _write_answers(output_dir / "answers.tsv", answered, conditions)
    if AUDIO in result:
        plot_curves(result, output_dir / "curves.png")
    with atomic_write(output_dir / "result.txt") as file:
        file.write(stability_text(result))
    write_json(output_dir / "result.json", result)
    return result


def ask(
    question: Question, config: StabilityConfig, *, part: tuple[int, int] = (1, 1), num_jobs: int = 1
) -> list[Condition]:
    """Asks a model under the conditions of a part, and writes its answers.

    Args:
        question: see `measure_stability`.
        config: see `measure_stability`.
        part: (2, 4) is the second of four parts, which may be asked at the same time, on several machines.
        num_jobs: see `measure_stability`.

    Returns:
        The conditions of all parts.

    Raises:
        InputError: as `measure_stability`.

    Example:
        >>> question = Question("exp/packed", "dump/test", "exp/packed/stability")  # doctest: +SKIP
        >>> conditions = ask(question, read_conditions(), part=(2, 4))  # doctest: +SKIP
    """
    question, (number, parts) = replace(question, seed=config.seed), part
    emotions = label_set(question.system, question.model, **question.options)
    conditions = list_conditions(config, question.mode, emotions=emotions)
    if question.system != C2SER:
        conditions = [condition for condition in conditions if condition.group not in (PROMPTS, SAMPLES)]
    own = conditions[number - 1 :: parts]
    run_tasks(partial(answer_condition, question), own, num_jobs=num_jobs, title=str(question.data_dir))
    return conditions


def _read_labels(data_dir: Path) -> dict[str, str]:
    path = data_dir / UTT2EMO
    if not path.is_file():
        raise InputError(f"{path}: no such file; stability is measured on a labelled set")
    labels = read_table(path)
    check_emotions(labels, path)
    return labels


def _read_answered(question: Question, conditions: Sequence[Condition], labels: Mapping[str, str]) -> Answered:
    folders = {condition.name: question.folder(condition) for condition in conditions}
    return Answered(
        labels,
        {name: read_table(folder / UTT2EMO) for name, folder in folders.items()},
        {name: _confidence(folder / UTT2SCORES) for name, folder in folders.items()},
        read_table_if_there(Path(question.data_dir) / UTT2SPK),
    )


def _confidence(path: Path) -> float | None:
    """Returns the mean probability of the most probable emotion; None without probabilities."""
    if not path.is_file():
        return None
    return float(np.mean([max(own.values()) for _, own in read_scores(path)]))


def _write_answers(path: Path, answered: Answered, conditions: Sequence[Condition]) -> None:
    """Writes the answer to each labelled utterance under each condition that has speech."""
    names = [condition.name for condition in conditions if condition.group != ALONE]
    with atomic_write(path) as file:
        file.write("\t".join(["utterance", "reference", *names]) + "\n")
        for utt, answers in answered.together(names).items():
            file.write("\t".join([utt, answered.labels[utt], *answers]) + "\n")
