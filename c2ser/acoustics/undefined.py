"""The exception raised for attributes that an utterance does not have."""


class Undefined(ValueError):
    """The attribute is undefined; the message is the reason, in a few words without numbers of the utterance."""
