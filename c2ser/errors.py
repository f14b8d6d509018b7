"""The one exception for bad input: its message is what the user reads."""


class InputError(ValueError):
    """Input that cannot be used: the message says what, where (file, line, utterance) and what to do, in one line."""
