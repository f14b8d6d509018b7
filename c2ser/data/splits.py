"""Ways to divide a set into train, dev and test."""

import hashlib
from collections.abc import Mapping

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


def utterance_hash(utt: str) -> bytes:
    """Returns a hash by which utterances are sorted to draw some of them reproducibly."""
    return hashlib.sha256(utt.encode("utf-8")).digest()
