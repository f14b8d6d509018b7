"""Ways to divide a set into train, dev and test."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from c2ser.data.speaker_split import divide_speakers
from c2ser.errors import InputError


def stratified_hold_out(classes: Mapping[str, str], fraction: float) -> set[str]:
    """Draws a fraction of the utterances of each class; the same utterances give the same draw.

    Args:
        classes: utterance -> class.
        fraction: from 0 to 1; the number per class is rounded, and is at least one if the fraction is above 0.

    Returns:
        The utterances drawn: those whose ids have the smallest hashes.

    Example:
        >>> stratified_hold_out({"anna-1": "happy", "anna-2": "sad"}, 0.5) == {"anna-1", "anna-2"}
        True
    """
    members: dict[str, list[str]] = {}
    for utt, name in classes.items():
        members.setdefault(name, []).append(utt)
    drawn: set[str] = set()
    for utts in members.values():
        drawn.update(sorted(utts, key=utterance_hash)[: max(round(len(utts) * fraction), fraction > 0)])
    return drawn


def chosen_of_each_class(classes: Iterable[tuple[str, str | None]], fraction: float) -> bytearray:
    """Draws as `stratified_hold_out` does, from a set of any size: some ten bytes of memory an utterance.

    Args:
        classes: (utterance, class) of all utterances, None for those that are never drawn.
        fraction: see `stratified_hold_out`.

    Returns:
        A byte per utterance, 1 of those that are drawn.

    Example:
        >>> list(chosen_of_each_class([("anna-1", "happy"), ("anna-2", None)], 0.5))
        [1, 0]
    """
    numbers: dict[str, int] = {}
    codes, hashes = array("i"), array("Q")
    for utt, name in classes:
        codes.append(-1 if name is None else numbers.setdefault(name, len(numbers)))
        hashes.append(int.from_bytes(utterance_hash(utt)[:8], "big"))
    all_codes, all_hashes = np.array(codes, np.int32), np.array(hashes, np.uint64)
    chosen = np.zeros(len(codes), bool)
    for code in numbers.values():
        members = np.flatnonzero(all_codes == code)
        size = max(round(len(members) * fraction), fraction > 0)
        if size:
            chosen[members[np.argpartition(all_hashes[members], size - 1)[:size]]] = True
    return bytearray(chosen)


def leave_one_speaker_out(utt2spk: Mapping[str, str], fold: int) -> dict[str, set[str]]:
    """Divides utterances by speaker: the fold-th one (from 1, sorted) is test, the next one dev, all others train.

    Args:
        utt2spk: utterance -> speaker.
        fold: the place of the test speaker.

    Returns:
        ``train``, ``dev`` and ``test`` -> utterances.

    Raises:
        InputError: there is no such speaker, or there are fewer than three.

    Example:
        >>> leave_one_speaker_out({"a-1": "a", "b-1": "b", "c-1": "c"}, fold=1)["test"]
        {'a-1'}
    """
    speakers = sorted(set(utt2spk.values()))
    if len(speakers) < 3 or not 1 <= fold <= len(speakers):
        raise InputError(
            f"fold {fold} of {len(speakers)} speakers: give one from 1 to their number, which is 3 or more"
        )
    special = {speakers[fold - 1]: "test", speakers[fold % len(speakers)]: "dev"}
    sets: dict[str, set[str]] = {"train": set(), "dev": set(), "test": set()}
    for utt, speaker in utt2spk.items():
        sets[special.get(speaker, "train")].add(utt)
    return sets


def divide_by_utterances(classes: Mapping[str, str], shares: Mapping[str, float]) -> dict[str, set[str]]:
    """Divides utterances without regard to speakers, each class by itself.

    Args:
        classes: utterance -> class.
        shares: set -> its share of the utterances; what they leave is in ``train``.

    Example:
        >>> divide_by_utterances({"1": "sad", "2": "sad"}, {"test": 0.5}).keys() == {"test", "train"}
        True
    """
    sets: dict[str, set[str]] = {}
    rest, left = dict(classes), 1.0
    for name, share in shares.items():
        sets[name] = stratified_hold_out(rest, share / left)
        rest, left = {utt: cls for utt, cls in rest.items() if utt not in sets[name]}, left - share
    return sets | {"train": set(rest)}


def divide_by_speakers(
    utt2spk: Mapping[str, str],
    classes: Mapping[str, str],
    *,
    shares: Mapping[str, float],
    sexes: Mapping[str, str] | None = None,
) -> dict[str, set[str]]:
    """Divides utterances so that each speaker is in one set, and of each class as near to the shares as it gets.

    Args:
        utt2spk: utterance -> speaker.
        classes: utterance -> class, of labelled utterances.
        shares: set -> its share of the utterances; what they leave is in ``train``. Each gets a speaker.
        sexes: speaker -> ``m`` or ``f``, where known.

    Raises:
        InputError: there are fewer speakers than sets.

    Example:
        >>> speakers = {"a-1": "a", "b-1": "b", "c-1": "c", "c-2": "c"}
        >>> sets = divide_by_speakers(speakers, dict.fromkeys(speakers, "sad"), shares={"test": 0.3, "dev": 0.2})
        >>> sets["train"] == {"c-1", "c-2"}
        True
    """
    counts: dict[str, Counter[str]] = {}
    for utt, speaker in utt2spk.items():
        counts.setdefault(speaker, Counter())[classes.get(utt, "unlabelled")] += 1
    if len(counts) <= len(shares):
        raise InputError(f"{len(counts)} speakers cannot be apart in {' and '.join(shares)} and train; give more")
    parts = shares | {"train": 1 - sum(shares.values())}
    groups = divide_speakers(counts, list(parts.values()), sexes=sexes)
    set_of = {speaker: name for name, group in zip(parts, groups) for speaker in group}
    sets: dict[str, set[str]] = {name: set() for name in parts}
    for utt, speaker in utt2spk.items():
        sets[set_of[speaker]].add(utt)
    return sets


def utterance_hash(utt: str) -> bytes:
    """Returns a hash by which utterances are sorted to draw some of them reproducibly."""
    return hashlib.sha256(utt.encode("utf-8")).digest()
