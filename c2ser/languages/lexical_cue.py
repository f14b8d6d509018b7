"""Whether the words of an utterance give its emotion away."""

from c2ser.languages.emotion_words import find_emotions

OWN, OTHER, NONE = CUES = ("own", "other", "none")


def lexical_cue(text: str | None, emotion: str | None) -> str | None:
    """Tells which emotions the words of an utterance name or hint at: its own, only others, or none.

    A denied emotion counts, as does somebody else's: the word is heard.

    Args:
        text: what is said.
        emotion: the label.

    Returns:
        `OWN`, `OTHER` or `NONE`; None where the text or the label is not known.

    Example:
        >>> [lexical_cue("It's real scary.", "fearful"), lexical_cue("So scary.", "sad"), lexical_cue("No!", "sad")]
        ['own', 'other', 'none']
    """
    if text is None or emotion is None:
        return None
    mentions = find_emotions(text).mentions
    if any(emotion in mention.emotions for mention in mentions):
        return OWN
    return OTHER if any(mention.emotions for mention in mentions) else NONE
