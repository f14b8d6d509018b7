"""Systems against each other on the same utterances: differences of scores with intervals, and tests of them."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, zip_longest
from pathlib import Path

import numpy as np

from c2ser.data.names import UTT2EMO
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.scoring.answers import Answers, is_utt_tsv, read_utt_tsv
from c2ser.scoring.joining import Joined, join_answers
from c2ser.scoring.metrics import Confusion, confusion_of_pairs, overall_scores, resampled_scores, summarise
from c2ser.scoring.resampling import percentile_interval, units_of
from c2ser.scoring.significance import holm, mcnemar, shuffle_test
from c2ser.scoring.tables import markdown_table, percent, with_interval

METRICS = {"UA": "ua", "WA": "wa", "macro F1": "macro_f1"}
SIGNIFICANT = 0.05
UTT_TSV = "utt.tsv"


def compare_systems(paths: Sequence[str | Path], ref: str | Path | None = None) -> dict:
    """Compares systems, each with each.

    Args:
        paths: two or more, each what ``score`` has written (``utt.tsv``, its folder or the one above) or, with ``ref``,
            a table of recognised emotions (``utt2emo``, or its folder).
        ref: true emotions, in a data directory.

    Returns:
        ``n_utts``, ``ci95_over``, ``systems`` (name -> `metrics.summarise`) and ``pairs``: of each the ``first`` and
        the ``second``; of UA, WA and macro F1 ``difference`` (first - second), ``ci95``, ``p`` of `shuffle_test` and
        ``p_holm``, corrected for all pairs; and ``mcnemar``, with ``first_only`` and ``second_only``, the utterances
        that one of them alone recognises.

    Raises:
        InputError: there are fewer than two systems, or they are not of the same utterances with the same reference.

    Example:
        >>> compare_systems(["exp/a/score", "exp/b/score"])["pairs"][0]["ua"]["p"]  # doctest: +SKIP
        0.013
    """
    if len({os.path.realpath(path) for path in paths}) < max(2, len(paths)):
        raise InputError(f"{', '.join(map(str, paths))}: give two or more systems, each once")
    systems = read_systems(paths, ref)
    common = _common_confusion(list(systems.values()))
    first = next(iter(systems.values()))
    pairs = [
        {"first": one, "second": other, **_compare(systems[one], systems[other], common)}
        for one, other in combinations(systems, 2)
    ]
    for name in (*METRICS.values(), "mcnemar"):
        for pair, p in zip(pairs, holm([pair[name]["p"] for pair in pairs])):
            pair[name]["p_holm"] = p
    summaries = {name: _summary(answers, common) for name, answers in systems.items()}
    over = first.units(common).over
    return {"n_utts": len(first), "ci95_over": over, "systems": summaries, "pairs": pairs}


def comparison_text(compared: Mapping) -> str:
    """Formats a comparison as Markdown, in per cent: a line per system, then a line per pair."""
    rows = [
        [name, *(with_interval(one[metric], one["ci95"][metric]) for metric in METRICS.values())]
        + [percent(one["invalid_rate"])]
        for name, one in compared["systems"].items()
    ]
    pairs = [
        [
            pair["first"],
            pair["second"],
            *(
                cell
                for metric in ("ua", "wa")
                for cell in (with_interval(pair[metric]["difference"], pair[metric]["ci95"]), _p(pair[metric]))
            ),
            *(str(pair["mcnemar"][name]) for name in ("first_only", "second_only")),
            _p(pair["mcnemar"]),
        ]
        for pair in compared["pairs"]
    ]
    header = ["first", "second", "UA, first - second", "p", "WA, first - second", "p"]
    over = f"{compared['n_utts']} utterances; [95 % intervals] and p of differences are over {compared['ci95_over']}"
    return "\n".join(
        [
            f"{over}.\n",
            markdown_table(["system", *METRICS, "invalid"], rows),
            markdown_table([*header, "first alone right", "second alone right", "McNemar's p"], pairs, text_columns=2),
            f"p is corrected for {len(pairs)} comparison{'s' * (len(pairs) > 1)} (Holm); \\* is below {SIGNIFICANT}.\n",
        ]
    )


def read_systems(paths: Sequence[str | Path], ref: str | Path | None = None) -> dict[str, Answers]:
    """Reads the answers of systems to the same utterances; see `compare_systems`.

    Returns:
        Name -> answers; names are the paths without what they have in common.
    """
    names = _names(paths)
    systems = {name: Answers() for name in names}
    for lines in zip_longest(*(_lines(Path(path), ref) for path in paths)):
        _check_same(lines, paths)
        speaker = lines[0].known
        for answers, line in zip(systems.values(), lines):
            answers.add(line._replace(known=speaker))
    if not len(systems[names[0]]):
        raise InputError(f"{paths[0]}: no utterance in it; score again")
    return systems


def _lines(path: Path, ref: str | Path | None) -> Iterator[Joined]:
    """Yields the answers of a system, sorted by utterance."""
    candidates = [path / UTT_TSV, path / "score" / UTT_TSV, path / UTT2EMO] if path.is_dir() else [path]
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        raise InputError(f"{path}: no {UTT_TSV} in it; make it with score")
    if is_utt_tsv(found):
        return read_utt_tsv(found)
    if ref is None:
        raise InputError(f"{found}: recognised emotions without the true ones; give these with --ref, or score first")
    return join_answers(ref, found, labels=EMOTIONS)


def _check_same(lines: Sequence[Joined | None], paths: Sequence[str | Path]) -> None:
    """Checks that all systems have an utterance, with the same true emotion."""
    utterance = min(line.utterance for line in lines if line)
    lacking = next((path for line, path in zip(lines, paths) if line is None or line.utterance != utterance), None)
    if lacking is not None:
        having = next(path for line, path in zip(lines, paths) if line and line.utterance == utterance)
        raise InputError(f"{lacking}: lacks utterance '{utterance}', which {having} has; compare on one set")
    for line, path in zip(lines, paths):
        if line.truth != lines[0].truth:
            raise InputError(
                f"{path}: '{utterance}' is {line.truth} in the reference, but {lines[0].truth} in that of {paths[0]}; "
                "score both against one reference"
            )


def _names(paths: Sequence[str | Path]) -> list[str]:
    """Names systems by their paths, without the folders that all are in and those that all end with."""
    parts = [Path(path).parts for path in paths]
    front = os.path.commonprefix(parts)
    back = os.path.commonprefix([path[len(front) :][::-1] for path in parts])
    names = ["/".join(path[len(front) : len(path) - len(back)]) for path in parts]
    return names if all(names) else [str(path) for path in paths]


def _common_confusion(systems: Sequence[Answers]) -> Confusion:
    """Returns rows and columns that hold the answers of all systems."""
    return confusion_of_pairs(sum((answers.pairs() for answers in systems), Counter()), EMOTIONS)


def _summary(answers: Answers, common: Confusion) -> dict:
    counts = np.bincount(answers.cells(common), minlength=common.counts.size).reshape(common.counts.shape)
    return summarise(Confusion(common.rows, common.columns, counts), answers.units(common))


def _compare(first: Answers, second: Answers, common: Confusion) -> dict:
    cells, size, shape = [first.cells(common), second.cells(common)], common.counts.size, common.counts.shape
    units = units_of(cells, [size, size], speaker=first.drawn_speakers())
    observed = [overall_scores(counts.reshape(shape)) for counts in np.split(units.times @ units.counts, 2)]
    drawn = resampled_scores(units, (2, *shape))
    p = shuffle_test(units, shape)
    differences = {
        name: {
            "difference": float(observed[0][name] - observed[1][name]),
            "ci95": percentile_interval(drawn[name][:, 0] - drawn[name][:, 1], units.number),
            "p": p[name],
        }
        for name in METRICS.values()
    }
    first_right, second_right = (answers.right() for answers in (first, second))
    alone = {
        "first_only": int((first_right & ~second_right).sum()),
        "second_only": int((second_right & ~first_right).sum()),
    }
    return {**differences, "mcnemar": {**alone, **mcnemar(*alone.values())}}


def _p(tested: Mapping) -> str:
    mark = "\\*" if tested["p_holm"] < SIGNIFICANT else ""
    return ("< 0.001" if tested["p_holm"] < 0.001 else f"{tested['p_holm']:.3f}") + mark
