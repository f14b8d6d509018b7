"""Labels of corpora and classifiers that are plain words for emotions."""

from c2ser.languages.emotion_words import find_emotions
from c2ser.languages.language import WORD


def label_emotion(label: str) -> str | None:
    """Returns the canonical name of a label that is an English or Chinese word for an emotion; None for others.

    Abbreviations and words of other languages are the corpora's to map.

    Args:
        label: such as ``Anger`` or 愤怒.

    Example:
        >>> label_emotion("Anger"), label_emotion("Calm"), label_emotion("breath")
        ('angry', 'calm', None)
    """
    found = find_emotions(label.strip())
    return found.mentions[0].name if found.masked == WORD else None
