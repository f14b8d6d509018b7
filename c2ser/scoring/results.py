"""RESULTS.md: all scores of an experiment folder, or of one folder per fold or seed, as tables."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from c2ser.data.files import atomic_write
from c2ser.data.overlaps import shared_or_apart
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.scoring.answer_results import KEY, Key, mean_and_deviation, spread_of
from c2ser.scoring.confidence import confidence_table
from c2ser.scoring.origins import Origin, origins_text, read_origin
from c2ser.scoring.pooling import Pool, pool_scores
from c2ser.scoring.reasons import reasons_table
from c2ser.scoring.resampling import UTTERANCES
from c2ser.scoring.tables import markdown_table, percent, with_interval

METRICS = {"WA": "wa", "UA": "ua", "macro F1": "macro_f1"}
PACKAGES = ("c2ser", "torch", "transformers", "espnet")


@dataclass(frozen=True)
class Score:
    """Scores of a model on a set.

    Attributes:
        fold: the fold's name.
        key: model, mode and set.
        result: contents of ``result.json``.
        directory: has what else ``score`` wrote.
        origin: where the answers come from; None where that is not written.
    """

    fold: str
    key: Key
    result: dict
    directory: Path
    origin: Origin | None = None


def write_results(
    exp_dirs: Sequence[str | Path], output: str | Path, *, command: str, not_run: Sequence[tuple[str, str, str]] = ()
) -> str:
    """Writes tables of all scores below the experiment folders to a Markdown file.

    The tables are scores with 95 % intervals, recall per emotion, of explicit answers how true their reasons are, and
    where there are probabilities how right they are; with several folders (folds of a cross-validation, seeds, or
    both), the scores of all their answers together come first, with mean and standard deviation over seeds, or without
    those over folds, beside them.

    Args:
        exp_dirs: contain ``<model>/inference_<mode>/<set>/score/result.json``, ``<model>/probe/<set>/result.json``
            and what `reasons_table` and `confidence_table` read.
        output: the Markdown file.
        command: the command that produced the results, for the footer.
        not_run: model, mode and command of systems that have a row without figures in the first table, and below it the
            command, where they were not scored.

    Returns:
        The text.

    Raises:
        InputError: a folder has no scores, or a ``result.json`` was not written by ``score``.
    """
    scores = [score for exp_dir in exp_dirs for score in read_scores(exp_dir)]
    scored = {score.key[:2] for score in scores}
    absent = [system for system in not_run if system[:2] not in scored]
    several = len(exp_dirs) > 1
    parts = ["# Results\n"]
    if several:
        parts += [*fold_tables(scores, absent=absent), *_commands_of(absent)]
    parts += [
        f"## Scores {intervals_over(score.result for score in scores)}\n",
        score_table(scores, with_fold=several, absent=() if several else absent),
        *(() if several else _commands_of(absent)),
    ]
    parts += ["## Recall\n", recall_table(scores)]
    if reasons := reasons_table(exp_dirs):
        of_reasons = spread_of(exp_dirs, " [95 % interval]")
        parts += [
            f"## Reasons: macro recall of stated levels, errors of quoted words, wording{of_reasons}\n",
            reasons,
        ]
    if confidence := confidence_table(exp_dirs):
        parts += [f"## Confidence: how sure, and how right{spread_of(exp_dirs, '')}\n", confidence]
    named = [(", ".join(score.key[:2]), score.origin) for score in scores if score.origin]
    if systems := origins_text(named):
        parts += ["Systems, prompts, and how answers are read:\n", systems]
    parts.append(footer(command))
    text = "\n".join(parts)
    with atomic_write(output) as file:
        file.write(text)
    return text


def read_scores(exp_dir: str | Path) -> list[Score]:
    """Reads all scores below an experiment folder, sorted by path."""
    exp_dir = Path(exp_dir)
    inference = [
        (path, path.parts[-4].removeprefix("inference_"), path.parts[-3], path.parts[-5])
        for path in exp_dir.glob("*/inference_*/*/score/result.json")
    ]
    probes = [(path, "probe", path.parts[-2], path.parts[-4]) for path in exp_dir.glob("*/probe/*/result.json")]
    if not inference + probes:
        raise InputError(f"{exp_dir}: contains no scores; run probe or score first")
    return [
        read_score(path.parent, fold=str(exp_dir), key=(model, mode, dataset))
        for path, mode, dataset, model in sorted(inference + probes)
    ]


def read_score(directory: Path, *, fold: str, key: Key) -> Score:
    """Reads what ``score`` wrote to a folder.

    Args:
        directory: has ``result.json`` and ``utt.tsv``.
        fold: the fold's name.
        key: model, mode and set.

    Raises:
        InputError: ``result.json`` was not written by ``score``.
    """
    return Score(fold, key, _read_result(directory / "result.json"), directory, read_origin(directory.parent))


def score_table(scores: Iterable[Score], *, with_fold: bool, absent: Sequence[tuple[str, str, str]] = ()) -> str:
    """Formats one line per score: utterances, metrics with 95 % intervals and rate of invalid answers, in per cent, and
    whether the speakers are apart from those of the training set; and one for each system that was not run."""
    header = [*KEY, *(["fold"] if with_fold else []), "utts", *METRICS, "invalid", "speakers"]
    rows = [
        [
            *score.key,
            *([score.fold] if with_fold else []),
            str(score.result["n_utts"]),
            *(with_interval(score.result[name], score.result["ci95"][name]) for name in METRICS.values()),
            percent(score.result["invalid_rate"]),
            _speakers([score]),
        ]
        for score in scores
    ]
    rows += _rows_of(absent, columns=len(header))
    return markdown_table(header, rows, text_columns=len(KEY) + with_fold)


def fold_tables(scores: Iterable[Score], *, absent: Sequence[tuple[str, str, str]] = ()) -> tuple[str, str]:
    """Formats the scores of folds and seeds: a heading, and a table with one line per model, mode and set, in per cent.

    The metrics of all answers scored together stand there with 95 % intervals, and their mean ± standard deviation
    (n - 1): over seeds, of all folds together, or where no training was repeated over folds.

    Systems that were not run have a line without figures.

    Folds of few utterances, or without some of the emotions, have means that no set of utterances has; the pooled
    scores are the ones to report.
    """
    pools = {key: (own, _pool(own)) for key, own in _by_key(scores).items()}
    num_folds, num_seeds = (
        max(getattr(pool, name) for _, pool in pools.values()) for name in ("num_folds", "num_seeds")
    )
    repeated = num_seeds > 1
    rows = [
        [
            *key,
            str(pool.num_folds),
            *([str(pool.num_seeds)] if repeated else []),
            str(pool.num_utts),
            *(with_interval(pool.result[name], pool.result["ci95"][name]) for name in METRICS.values()),
            percent(pool.result["invalid_rate"]),
            *_spread(pool.by_seed if repeated else [score.result for score in own]),
            _speakers(own),
        ]
        for key, (own, pool) in pools.items()
    ]
    by = "seed" if repeated else "fold"
    counts = ["folds", *(["seeds"] if repeated else []), "utts"]
    header = [*KEY, *counts, *METRICS, "invalid", *(f"{name} by {by}" for name in METRICS), "speakers"]
    what = " and ".join([f"{num_folds} fold{'s' * (num_folds > 1)}", *([f"{num_seeds} seeds"] if repeated else [])])
    interval = intervals_over(pool.result for _, pool in pools.values())
    rows += _rows_of(absent, columns=len(header))
    title = f"## {what}: all answers together {interval}, and mean ± standard deviation of {by}s\n"
    return title, markdown_table(header, rows, text_columns=len(KEY))


def recall_table(scores: Iterable[Score]) -> str:
    """Formats one line per model, mode and set: recall per emotion in per cent, of all answers together."""
    classes = {
        key: (own[0].result if len(own) == 1 else _pool(own).result)["per_class"]
        for key, own in _by_key(scores).items()
    }
    emotions = [emotion for emotion in EMOTIONS if any(emotion in own for own in classes.values())]
    rows = [
        [*key, *(percent(own[emotion]["recall"]) if emotion in own else "-" for emotion in emotions)]
        for key, own in classes.items()
    ]
    return markdown_table([*KEY, *emotions], rows, text_columns=len(KEY))


def footer(command: str) -> str:
    """Names the command, versions and processor; without a date, so that a rerun gives the same text."""
    return f"Figures are per cent. Made by `{command}` with {environment()}.\n"


def environment() -> str:
    """Names versions and processor.

    Example:
        >>> environment()  # doctest: +SKIP
        'Python 3.11.7, c2ser 0.1.0, torch 2.12.1, transformers 5.24.0, espnet 202511, on AMD EPYC (2 cores)'
    """
    installed = {distribution.metadata["Name"].lower() for distribution in metadata.distributions()}
    versions = [f"{package} {metadata.version(package)}" for package in PACKAGES if package in installed]
    return f"Python {platform.python_version()}, {', '.join(versions)}, on {_processor()} ({os.cpu_count()} cores)"


def _rows_of(absent: Iterable[tuple[str, str, str]], *, columns: int) -> list[list[str]]:
    return [[model, mode, "not run", *["-"] * (columns - len(KEY))] for model, mode, _ in absent]


def _commands_of(absent: Sequence[tuple[str, str, str]]) -> list[str]:
    """Lists the commands that run systems, if there are any."""
    lines = [f"- {model}, {mode}: `{command}`" for model, mode, command in absent]
    return ["Not run here; these commands do it:\n", "\n".join(lines) + "\n"] if lines else []


def _by_key(scores: Iterable[Score]) -> dict[Key, list[Score]]:
    grouped: dict[Key, list[Score]] = {}
    for score in scores:
        grouped.setdefault(score.key, []).append(score)
    return grouped


def _speakers(scores: Sequence[Score]) -> str:
    """Whether the sets' speakers are apart from those of the training sets; of several folds the worst counts."""
    if any(score.origin and score.origin.seen for score in scores):
        return "see below"
    known = [score.result["speakers"] for score in scores if score.result.get("speakers")]
    shared = max((speakers["shared"] for speakers in known), default=0)
    complete = len(known) == len(scores) and not any(speakers["unknown"] for speakers in known)
    return shared_or_apart(shared, not complete)


def intervals_over(results: Iterable[Mapping]) -> str:
    """Says what the intervals of results are over; those of earlier versions are over utterances.

    Args:
        results: contents of ``result.json``.

    Example:
        >>> intervals_over([{"ci95_over": "speakers"}, {}])
        '[95 % interval over speakers or utterances]'
    """
    return f"[95 % interval over {' or '.join(sorted({result.get('ci95_over', UTTERANCES) for result in results}))}]"


def _pool(scores: Sequence[Score]) -> Pool:
    return pool_scores([score.directory / "utt.tsv" for score in scores])


def _spread(results: Sequence[Mapping]) -> list[str]:
    """Returns mean and standard deviation of each metric; ``-`` without any."""
    return [
        mean_and_deviation([result[name] for result in results], percent) if results else "-"
        for name in METRICS.values()
    ]


def _read_result(path: Path) -> dict:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        missing = {"n_utts", *METRICS.values(), "invalid_rate", "ci95", "per_class"} - result.keys()
    except (ValueError, AttributeError):
        raise InputError(f"{path}: not a result of score; score again") from None
    if missing:
        raise InputError(f"{path}: lacks {', '.join(sorted(missing))}; score again")
    return result


def _processor() -> str:
    """Returns the processor's model on Linux, elsewhere its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
