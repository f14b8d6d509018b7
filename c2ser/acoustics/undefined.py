"""The exception of an attribute that an utterance does not have."""


class Undefined(ValueError):
    """Nothing to measure; the message is the reason, in a few words and without the utterance's own numbers."""
