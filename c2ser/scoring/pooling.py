"""Scores of several trainings together: folds, which have different utterances, and seeds, which have the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

from c2ser.emotions import EMOTIONS
from c2ser.scoring.answers import Answers, Column, read_utt_tsv
from c2ser.scoring.joining import Known
from c2ser.scoring.metrics import summarise
from c2ser.scoring.resampling import UTTERANCES, are_several, units_of


@dataclass(frozen=True)
class Pool:
    """Scores of folds and seeds.

    Attributes:
        num_folds: the number of different sets of utterances.
        num_seeds: how often each of them was answered, at most.
        num_utts: utterances of all folds.
        result: of all answers together; see `c2ser.scoring.metrics.summarise`.
        by_seed: of each seed's answers in all folds; empty where there is one seed.
    """

    num_folds: int
    num_seeds: int
    num_utts: int
    result: dict
    by_seed: list[dict]


def pool_scores(tables: Sequence[str | Path]) -> Pool:
    """Scores what several trainings answered.

    Tables of the same utterances with the same true emotions are seeds, in their order; others are folds. Answers of
    several seeds to an utterance are drawn together, so that an interval does not shrink because a training was
    repeated.

    Args:
        tables: ``utt.tsv`` of each training and set, as ``score`` writes it.

    Raises:
        InputError: one of them was not written by ``score``.

    Example:
        >>> pool_scores(["fold1/score/utt.tsv", "fold2/score/utt.tsv"]).num_folds  # doctest: +SKIP
        2
    """
    folds: dict[str, list[Path]] = {}
    for table in tables:
        folds.setdefault(_fingerprint(table), []).append(Path(table))
    num_utts, result = _score(list(folds.values()))
    num_seeds = max(map(len, folds.values()))
    seeds = [[[path] if path else [] for path in paths] for paths in zip_longest(*folds.values())]
    by_seed = [_score(paths)[1] for paths in seeds] if num_seeds > 1 else []
    return Pool(len(folds), num_seeds, num_utts, result, by_seed)


def _fingerprint(table: str | Path) -> str:
    """Returns what is equal for tables of the same utterances and true emotions."""
    state = sha256()
    for line in read_utt_tsv(table):
        state.update(f"{line.utterance}\t{line.truth}\n".encode())
    return state.hexdigest()


def _score(folds: Sequence[Sequence[Path]]) -> tuple[int, dict]:
    """Returns the number of utterances, and the scores of all answers to them."""
    answers, utterances = Answers(), Column()
    for number, tables in enumerate(folds):
        for table in tables:
            for line in read_utt_tsv(table):
                name = f"{number} {line.utterance}"
                known = line.known.speaker not in (None, line.utterance)
                answers.add(line._replace(known=Known(line.known.speaker if known else name)))
                utterances.add(name)
    confusion, num_utts = answers.confusion(EMOTIONS), len(utterances.numbers)
    several = are_several(len(answers.speaker.numbers), num_utts)
    unit = answers.speaker.array() if several else utterances.array() if num_utts < len(answers) else None
    units = units_of([answers.cells(confusion)], [confusion.counts.size], speaker=unit)
    return num_utts, summarise(confusion, units if several else replace(units, over=UTTERANCES))
