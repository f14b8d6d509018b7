"""Ways to divide a set into train, dev and test."""

import hashlib
from collections.abc import Mapping

from c2ser.errors import InputError


def stratified_hold_out(classes: Mapping[str, str], fraction: float) -> set[str]:
    """Draws a fraction of the utterances of every class, the same whenever the utterances are.

    Args:
        classes: utterance -> class.
        fraction: from 0 to 1; the number of each class is rounded, and at least one where the fraction is above 0.

    Returns:
        The utterances drawn: those whose ids have the smallest hashes.
    """
    drawn: set[str] = set()
    for name in set(classes.values()):
        members = sorted((utt for utt in classes if classes[utt] == name), key=utterance_hash)
        drawn.update(members[: max(round(len(members) * fraction), fraction > 0)])
    return drawn


def leave_one_speaker_out(utt2spk: Mapping[str, str], fold: int) -> dict[str, set[str]]:
    """Takes the fold-th speaker (from 1, sorted) as test, the next one as dev, all others as train.

    Raises:
        InputError: there is no such speaker, or there are fewer than three.
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
    """Returns what utterances are sorted by to draw some of them, the same ones each time."""
    return hashlib.sha256(utt.encode("utf-8")).digest()
