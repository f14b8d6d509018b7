"""Divides speakers into groups that are alike in emotions, sexes and size, so that no speaker is in two of them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np

from c2ser.errors import InputError

STARTS = 50  # fewer where there are more than 200 speakers, as each takes longer
MAX_FOLDS = 5
MAX_DEVIATION = 0.05  # of an emotion's share of a fold from that of the corpus
SEX_WEIGHT = 0.5  # of a sex's share of the utterances, beside an emotion's
TOLERANCE = 1e-12  # of squared shares: less than one utterance in a million, more than rounding


def divide_speakers(
    counts: Mapping[str, Mapping[str, int]],
    shares: Sequence[float],
    *,
    sexes: Mapping[str, str] | None = None,
) -> list[list[str]]:
    """Divides speakers such that each group has its share of each emotion, of each sex and of all utterances.

    Speakers are placed one by one where the groups then deviate least from what they should have, then moved and
    swapped as long as that lessens the sum of squared deviations. Of `STARTS` orders of placing them that counts after
    which the groups lack the fewest emotions, then are most like the whole. Where shares differ, a speaker who alone
    has an emotion is in the largest group. The same counts give the same groups, in whatever order they come.

    Args:
        counts: speaker -> emotion -> utterances.
        shares: of the groups, each above 0, with a sum of 1.
        sexes: speaker -> ``m`` or ``f``, where known.

    Returns:
        The speakers of each group, sorted.

    Raises:
        InputError: there are fewer speakers than groups.

    Example:
        >>> divide_speakers({"anna": {"sad": 2}, "bert": {"sad": 1}, "carl": {"sad": 1}}, [0.5, 0.5])
        [['anna'], ['bert', 'carl']]
    """
    if len(counts) < len(shares):
        raise InputError(f"{len(counts)} speakers cannot be divided into {len(shares)} sets; give more")
    speakers = sorted(counts)
    vectors = _vectors(speakers, counts, sexes or {})
    targets = np.asarray(shares)[:, None] * vectors.sum(axis=0)
    largest, fixed = int(np.argmax(shares)), _fixed(speakers, counts, shares)
    found: dict[tuple[float, ...], list[list[str]]] = {}
    for start in range(min(STARTS, max(1, 200 * STARTS // len(speakers)))):
        order = [place for place in _order(speakers, vectors, start) if not fixed[place]]
        group = _place(vectors, targets, order=order, largest=largest)
        while _improve(group, vectors, targets=targets, fixed=fixed):
            pass
        groups = [[speaker for speaker, own in zip(speakers, group) if own == part] for part in range(len(shares))]
        sums = np.array([vectors[group == part].sum(axis=0) for part in range(len(shares))])
        found.setdefault(_quality(groups, counts, sums=sums, targets=targets), groups)
    return found[min(found)]


def speaker_folds(
    counts: Mapping[str, Mapping[str, int]], *, sexes: Mapping[str, str] | None = None, num_folds: int | None = None
) -> list[list[str]]:
    """Divides speakers into folds of equal size, alike in emotions and sexes.

    Args:
        counts: speaker -> emotion -> utterances.
        sexes: speaker -> ``m`` or ``f``, where known.
        num_folds: by default the most, from `MAX_FOLDS` to three, with which each fold has every emotion and shares of
            emotions that differ from the corpus's by `MAX_DEVIATION` at most; else the most with which each fold has
            every emotion; else as few as lack the fewest emotions.

    Returns:
        The speakers of each fold, sorted.

    Raises:
        InputError: there are fewer speakers than folds, or fewer than two.

    Example:
        >>> speaker_folds({name: {"sad": 1, "happy": 1} for name in "abcd"})
        [['a'], ['b'], ['c'], ['d']]
    """
    if num_folds is not None or len(counts) <= 2:
        return divide_speakers(counts, [1 / (num_folds or 2)] * (num_folds or 2), sexes=sexes)
    numbers = range(min(MAX_FOLDS, len(counts)), 2, -1)
    candidates = [divide_speakers(counts, [1 / number] * number, sexes=sexes) for number in numbers]
    whole = [folds for folds in candidates if not gaps(folds, counts)]
    alike = [folds for folds in whole if class_deviation(folds, counts) <= MAX_DEVIATION]
    return (alike or whole or sorted(candidates, key=lambda folds: gaps(folds, counts)))[0]


def class_deviation(groups: Sequence[Sequence[str]], counts: Mapping[str, Mapping[str, int]]) -> float:
    """Returns the largest difference between an emotion's share of a group's utterances and of all utterances.

    Args:
        groups: speakers.
        counts: speaker -> emotion -> utterances.

    Example:
        >>> class_deviation([["anna"], ["bert"]], {"anna": {"sad": 1, "happy": 1}, "bert": {"sad": 2}})
        0.25
    """
    total = _sum(counts.values())
    shares = {emotion: count / total.total() for emotion, count in total.items()}
    sums = [_sum(counts[speaker] for speaker in group) for group in groups]
    differences = (abs(own[emotion] / max(own.total(), 1) - shares[emotion]) for own in sums for emotion in shares)
    return max(differences, default=0.0)


def gaps(groups: Sequence[Sequence[str]], counts: Mapping[str, Mapping[str, int]]) -> int:
    """Counts pairs of a group and an emotion of which the group has no utterance.

    Example:
        >>> gaps([["anna"], ["bert"]], {"anna": {"sad": 1, "happy": 1}, "bert": {"sad": 2}})
        1
    """
    emotions = _sum(counts.values()).keys()
    return sum(not any(counts[s].get(emotion) for s in group) for group in groups for emotion in emotions)


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    return sum(map(Counter, counts), Counter())


def _quality(
    groups: Sequence[Sequence[str]], counts: Mapping[str, Mapping[str, int]], *, sums: np.ndarray, targets: np.ndarray
) -> tuple[float, ...]:
    """Returns what is compared between divisions; less is better."""
    sizes = np.maximum(sums[:, -1:], TOLERANCE)
    by_sex = np.abs(sums[:, -3:-1] / sizes - targets[:, -3:-1] / targets[:, -1:]).max()
    figures = (gaps(groups, counts), class_deviation(groups, counts) + by_sex, ((sums - targets) ** 2).sum())
    return tuple(round(float(figure), 9) for figure in figures)


def _order(speakers: Sequence[str], vectors: np.ndarray, start: int) -> list[int]:
    """Returns in which order speakers are placed: by size at the first start, by hashes at the others."""
    if start == 0:
        return np.argsort(-vectors[:, -1], kind="stable").tolist()
    hashes = [hashlib.sha256(f"{start} {speaker}".encode()).digest() for speaker in speakers]
    return sorted(range(len(speakers)), key=hashes.__getitem__)


def _vectors(speakers: Sequence[str], counts: Mapping[str, Mapping[str, int]], sexes: Mapping[str, str]) -> np.ndarray:
    """Returns (S, D): what each speaker has of each emotion, of each sex and of all utterances, as weighted shares."""
    emotions = sorted({emotion for own in counts.values() for emotion in own})
    columns = np.array([[counts[speaker].get(emotion, 0) for emotion in emotions] for speaker in speakers], float)
    sizes = columns.sum(axis=1, keepdims=True)
    totals = columns.sum(axis=0)
    # Between shares of an emotion's utterances, which make rare ones count much, and shares of all utterances.
    weighted = columns / np.sqrt(totals * totals.sum())
    by_sex = np.array([[sexes.get(speaker) == sex for sex in "mf"] for speaker in speakers]) * sizes
    return np.hstack([weighted, SEX_WEIGHT * by_sex / sizes.sum(), sizes / sizes.sum()])


def _fixed(speakers: Sequence[str], counts: Mapping[str, Mapping[str, int]], shares: Sequence[float]) -> np.ndarray:
    """Returns (S,) bool: who stays in the largest group because nobody else has one of their emotions."""
    owners = Counter(emotion for own in counts.values() for emotion in own if own[emotion])
    alone = np.array([any(owners[emotion] == 1 for emotion in counts[speaker]) for speaker in speakers])
    enough = len(speakers) - alone.sum() >= len(shares) - 1
    return alone if max(shares) > min(shares) and enough else np.zeros(len(speakers), bool)


def _place(vectors: np.ndarray, targets: np.ndarray, *, order: Sequence[int], largest: int) -> np.ndarray:
    """Puts speakers where the squared deviation grows least, and in each group at least one; returns the groups.

    Those who are not in ``order`` are in the largest group.
    """
    group = np.full(len(vectors), largest)
    there = np.setdiff1d(np.arange(len(vectors)), order)
    deviations = -targets
    deviations[largest] += vectors[there].sum(axis=0)
    empty = set(range(len(targets))) - ({largest} if there.size else set())
    for left, speaker in zip(range(len(order), 0, -1), order):
        open_groups = sorted(empty) if left <= len(empty) else list(range(len(targets)))
        group[speaker] = open_groups[_smallest(deviations[open_groups] @ vectors[speaker])]
        deviations[group[speaker]] += vectors[speaker]
        empty.discard(group[speaker])
    return group


def _improve(group: np.ndarray, vectors: np.ndarray, *, targets: np.ndarray, fixed: np.ndarray) -> bool:
    """Makes for each two groups the best exchange of a speaker, or of one for none; tells whether there was any."""
    improved = False
    for first, second in combinations(range(len(targets)), 2):
        members = [np.flatnonzero((group == number) & ~fixed) for number in (first, second)]
        ours, theirs = (np.vstack([vectors[own], np.zeros(vectors.shape[1])]) for own in members)
        sums = [vectors[group == number].sum(axis=0) for number in (first, second)]
        gap = sums[0] - targets[first] - sums[1] + targets[second]
        distances = (ours**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1) - 2 * ours @ theirs.T
        changes = (theirs @ gap) - (ours @ gap)[:, None] + distances  # half of that of the squared deviations
        if (group == first).sum() == 1:  # no group becomes empty
            changes[:-1, -1] = np.inf
        if (group == second).sum() == 1:
            changes[-1, :-1] = np.inf
        one, other = np.unravel_index(_smallest(changes), changes.shape)
        if changes[one, other] < -TOLERANCE:
            group[members[0][one : one + 1]] = second
            group[members[1][other : other + 1]] = first
            improved = True
    return improved


def _smallest(values: np.ndarray) -> int:
    """Returns the place of the smallest value, of the first where several differ by rounding only."""
    return int(np.flatnonzero(values <= values.min() + TOLERANCE)[0])
