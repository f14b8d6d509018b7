"""Listeners' votes: how many of them chose each emotion, as ``utt2votes`` has them.

A line reads ``<utterance> <emotion>:<count> ...``. Counts need not be whole: where a listener may choose several
emotions, the vote is shared among them.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from c2ser.emotions import EMOTIONS

Votes = Mapping[str, float]  # emotion -> count


def parse_votes(value: str) -> dict[str, float]:
    """Parses a value of ``utt2votes``; emotions without votes are left out.

    Args:
        value: ``<emotion>:<count> ...``, in any order.

    Raises:
        ValueError: it is malformed, an emotion is unknown or a duplicate, a count is negative, or there is no vote.

    Example:
        >>> parse_votes("angry:3 sad:1.5")
        {'angry': 3.0, 'sad': 1.5}
    """
    votes: dict[str, float] = {}
    for field in value.split():
        emotion, _, count = field.partition(":")
        if emotion not in EMOTIONS:
            raise ValueError(f"'{field}' has no known emotion; votes read '<emotion>:<count> ...'")
        if emotion in votes:
            raise ValueError(f"{emotion} has two counts; add them up")
        votes[emotion] = _count(field, count)
    if not any(votes.values()):
        raise ValueError(f"'{value}' has no vote; delete the line")
    return {emotion: count for emotion, count in votes.items() if count}


def format_votes(votes: Votes) -> str:
    """Returns votes as a value of ``utt2votes``, in the order of the vocabulary.

    Args:
        votes: emotion -> count; emotions without votes are left out.

    Raises:
        ValueError: an emotion is unknown, a count is negative or not a number, or there is no vote.

    Example:
        >>> format_votes({"sad": 1.5, "angry": 3, "happy": 0})
        'angry:3 sad:1.5'
    """
    checked = parse_votes(" ".join(f"{emotion}:{count:.6g}" for emotion, count in votes.items()))
    return " ".join(f"{emotion}:{checked[emotion]:.6g}" for emotion in EMOTIONS if emotion in checked)


def map_votes(votes: Votes, emotion_of: Callable[[str], str | None]) -> dict[str, float]:
    """Renames what was voted for, as a label map does; votes for names that become one emotion are added up.

    Args:
        votes: name -> count.
        emotion_of: returns the emotion of a name, or None where its votes are left out.

    Returns:
        emotion -> count; empty where no vote is left.

    Example:
        >>> map_votes({"exc": 2, "hap": 1, "xxx": 1}, {"exc": "happy", "hap": "happy", "xxx": None}.get)
        {'happy': 3}
    """
    mapped: dict[str, float] = {}
    for name, count in votes.items():
        emotion = emotion_of(name)
        if emotion is not None:
            mapped[emotion] = mapped.get(emotion, 0) + count
    return mapped


def vote_shares(votes: Votes, emotions: Sequence[str]) -> list[float]:
    """Returns the share of the votes that each emotion of a label set has; votes for others do not count.

    Args:
        votes: emotion -> count.
        emotions: the label set.

    Returns:
        Shares that sum to 1; all 0 where no vote is for the label set.

    Example:
        >>> vote_shares({"angry": 3, "sad": 1, "bored": 4}, ["angry", "happy", "sad"])
        [0.75, 0.0, 0.25]
    """
    counts = [votes.get(emotion, 0.0) for emotion in emotions]
    total = sum(counts) or 1.0
    return [count / total for count in counts]


def clear_majority(votes: Votes, minimum: float = 0.5) -> str | None:
    """Returns the emotion that has more votes than any other and at least a share of ``minimum``; None without one.

    Example:
        >>> clear_majority({"angry": 3, "sad": 2}), clear_majority({"angry": 1, "sad": 1}, 0.4)
        ('angry', None)
    """
    most = max(votes.values(), default=0.0)
    first = [emotion for emotion, count in votes.items() if count == most]
    return first[0] if len(first) == 1 and most >= minimum * sum(votes.values()) else None


def entropy(votes: Votes) -> float:
    """Returns the entropy of the votes in bits: 0 where all are for one emotion.

    Example:
        >>> entropy({"angry": 2, "sad": 2})
        1.0
    """
    shares = [count / sum(votes.values()) for count in votes.values() if count]
    return sum(share * math.log2(1 / share) for share in shares)


def votes_fault(value: str, emotions: Collection[str]) -> str | None:
    """Checks a value of ``utt2votes``; returns what is wrong with it, as the end of a sentence, or None.

    Args:
        value: ``<emotion>:<count> ...``.
        emotions: the label set.

    Example:
        >>> votes_fault("angry:2 bored:1", ["angry", "sad"])
        ": votes for 'bored', which is not in the label set, angry, sad"
    """
    try:
        votes = parse_votes(value)
    except ValueError as error:
        return f": {error}"
    foreign = next((emotion for emotion in votes if emotion not in emotions), None)
    return foreign and f": votes for '{foreign}', which is not in the label set, {', '.join(emotions)}"


def _count(field: str, count: str) -> float:
    try:
        number = float(count)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError(f"'{field}' has no count of 0 or more; votes read '<emotion>:<count> ...'")
    return number
